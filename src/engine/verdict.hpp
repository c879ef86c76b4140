#pragma once
// What a turn that failed says to the client. What an answer is worth, the checks say
// (engine/answer).

#include "engine/finding.hpp"
#include "taskgate/providers/provider.hpp"

namespace taskgate::engine {

/// The finding for a turn that failed.
Finding describe(const providers::Failure& failure);

}  // namespace taskgate::engine

#pragma once
// The providers that a configuration could have on, and has not.

#include "taskgate/app/config.hpp"
#include "taskgate/providers/unknown_model.hpp"

#include <vector>

namespace taskgate::app {

/// Those that are switched off, and those that a vendor's own variable would switch on, each with
/// what does so.
std::vector<providers::ProviderOff> providers_off(const Config& config);

}  // namespace taskgate::app

#pragma once
// A model's turn as the journal keeps it: what the loop needs to go on from it as if it had just
// come.

#include "taskgate/providers/provider.hpp"
#include "taskgate/store/journal.hpp"

#include <optional>

namespace taskgate::engine {

/// response, served_model and usage of the row; the rest is the caller's.
store::TurnRow record_turn(const providers::ModelTurn& turn);
/// nullopt: the row is not one of record_turn().
std::optional<providers::ModelTurn> replay_turn(const store::TurnRow& row);

}  // namespace taskgate::engine

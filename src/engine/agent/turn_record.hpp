#pragma once
// A model's turn as the journal keeps it: what the loop needs to go on from it as if it had just
// come.

#include "taskgate/providers/provider.hpp"
#include "taskgate/store/journal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace taskgate::engine {

/// response, served_model and usage of the row; the rest is the caller's. `model`: as it was asked
/// for, "provider/model".
store::TurnRow record_turn(const providers::ModelTurn& turn, std::string_view model);
/// The model that a turn was asked of; empty when the row does not say.
std::string asked_model(const store::TurnRow& row);
/// nullopt: the row is not one of record_turn().
std::optional<providers::ModelTurn> replay_turn(const store::TurnRow& row);

}  // namespace taskgate::engine

#pragma once
// The model "tools" of the simulator: an agent that plays a script, so that tools can be tried and
// tested without a model. Pure and deterministic.
//
// The script is the first text of the user that is a JSON object with "turns":
//   {"turns": [ {"calls": [{"name": "demo.send_email", "arguments": {…}}], "text": "…"},
//               {"repeat": 0},              the calls of turn 0 again
//               {"results": true},          answers with what the tools said since the last turn
//               {"text": "done"} ],
//    "vary": ["reorder", …], "seed": 7}
// The turn is chosen by how many turns of the assistant the conversation holds; past the last one
// the agent says so. A call may bring its "id", and "raw_arguments" (a text) in place of
// "arguments"; a turn may say how it ended ("finish": "length").
//
// What a model may do to a call without meaning another one ("vary" of the script, or of the
// model's name: tools?vary=reorder+reformat, or all):
//   repeat      calls come twice, or come again from an earlier turn
//   reorder     the calls of a turn change places
//   rename_ids  call ids are other ones with every attempt
//   reformat    1 becomes 1.0 or 1e0, members change places, white space and escapes appear
//   defaults    a default of the tool's schema is written out

#include "providers/simulated_model.hpp"
#include "taskgate/providers/provider.hpp"

#include <string>
#include <variant>

namespace taskgate::providers {

/// The scripted turn without its usage, or a sentence that says why the script cannot be played.
std::variant<ModelTurn, std::string> sim_agent_turn(const SimModel& model,
                                                    const ModelRequest& request,
                                                    SimRandom& random);

/// The bits of SimModel::vary; 0 for an unknown word.
unsigned sim_variation(std::string_view word) noexcept;

}  // namespace taskgate::providers

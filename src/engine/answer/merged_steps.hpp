#pragma once
// The steps of a task with tools: those of the agent's journal and those of the answer, in one
// order.

#include "engine/task_object.hpp"

#include <cstddef>

namespace taskgate::engine {

/// Puts `agent_steps` and `steps` into `steps`, by their time, numbered anew from 1. The first
/// `findings` of the result's findings follow the number of the step that they are about.
void merge_steps(FinalResult& result, std::size_t findings);

}  // namespace taskgate::engine

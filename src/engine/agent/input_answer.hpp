#pragma once
// From somebody's answer to what it means for the journal. Pure.

#include "taskgate/core/result.hpp"
#include "taskgate/engine/task_input.hpp"
#include "taskgate/store/journal.hpp"
#include "taskgate/tools/toolbox.hpp"

namespace taskgate::engine {

/// Errors: Errc::conflict (the task does not wait, or asks something else of this call),
/// Errc::unprocessable (it does not ask for this key; edited arguments that are not valid).
Result<store::Answer> make_answer(const TaskRef& ref,
                                  const store::TaskJournal& journal,
                                  const tools::Toolbox& toolbox,
                                  const TaskInput& input,
                                  TimePoint now);

}  // namespace taskgate::engine

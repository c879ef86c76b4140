#pragma once
// From somebody's answer to what it means for the journal. Pure.

#include "taskgate/core/result.hpp"
#include "taskgate/engine/task_input.hpp"
#include "taskgate/store/journal.hpp"
#include "taskgate/tools/toolbox.hpp"

namespace taskgate::engine {

/// A write that may have been executed or not.
bool is_unresolved_write(const store::CallRow& call) noexcept;

/// Errors: Errc::conflict (the task does not wait, or asks something else of this call),
/// Errc::unprocessable (it does not ask for this key; edited arguments that are not valid).
Result<store::Answer> make_answer(const TaskRef& ref,
                                  const store::TaskJournal& journal,
                                  const tools::Toolbox& toolbox,
                                  const TaskInput& input,
                                  TimePoint now);

/// What somebody found out of a write of a finished task whose outcome nobody knew. It changes
/// nothing but the journal. Errors: Errc::conflict (another answer than resolve),
/// Errc::unprocessable (no such write of unknown outcome).
Result<store::RecordOutcome> make_resolution(const TaskRef& ref,
                                             const store::TaskJournal& journal,
                                             const TaskInput& input,
                                             TimePoint now);

}  // namespace taskgate::engine

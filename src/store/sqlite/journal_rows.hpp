#pragma once
// Rows of tool_calls to values: the one place that knows the order of their columns.

#include "store/sqlite/database.hpp"
#include "store/sqlite/write_context.hpp"
#include "taskgate/store/store.hpp"

#include <optional>
#include <string>

namespace taskgate::store::sqlite {

/// What a write needs to know of a call before it may touch it.
struct CallHead {
  CallState state = CallState::planned;
  CallEffect effect = CallEffect::write;
  Fence fence = 0;
  int attempts = 0;
  bool alias = false;
  bool asked = false;
};

/// nullopt: there is no such call.
std::optional<CallHead> call_head(WriteContext& context, const TaskRef& ref, CallPlace place);

/// How many calls the task asks for.
int asked_calls(WriteContext& context, const TaskRef& ref);

/// Whether all that is to be copied is (still) there: it may have been purged meanwhile.
bool is_there_to_copy(WriteContext& context, const std::string& tenant, const JournalCopy& copy);

/// Gives the new task `to` the beginning of another's journal.
void copy_journal(WriteContext& context, const TaskRef& to, const JournalCopy& copy);

/// Nothing is asked any more: the waiting task is queued again, with its event. The log's end then.
std::uint64_t queue_answered(WriteContext& context,
                             const TaskRef& ref,
                             const TaskState& state,
                             TimePoint at);

/// "No such call": absent, or another tenant's.
Error no_such_call();

}  // namespace taskgate::store::sqlite

#pragma once
// Writes and reads as what the group commit and the reader pool take: an input, the function that
// is applied to it, and the handler that is told.

#include "store/completion.hpp"
#include "store/group_commit.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/sqlite/writes.hpp"
#include "taskgate/store/store.hpp"

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace taskgate::store::sqlite {

inline std::size_t size_of_events(const std::vector<EventDraft>& events) {
  std::size_t bytes = 0;
  for (const auto& event : events) bytes += sizeof event + event.data.size();
  return bytes;
}

inline std::size_t size_of_plans(const std::vector<CallPlan>& calls) {
  std::size_t bytes = 0;
  for (const auto& call : calls)
    bytes += sizeof call + call.arguments.size() + call.outcome.size() + call.tool.size();
  return bytes;
}

/// What a command holds while it waits: the bound of the queue is on these. Small ones count as
/// nothing here, the bound on their number holds them.
template <class In>
std::size_t size_of_input(const In& input) {
  if constexpr (std::is_same_v<In, Acceptance>)
    return sizeof input + input.task.request_body.size() + input.task.queued.data.size() +
           input.task.task.metadata.size() + input.task.task.tags.size();
  else if constexpr (std::is_same_v<In, CommitTurn>)
    return sizeof input + input.turn.response.size() + size_of_plans(input.calls) +
           size_of_events(input.events);
  else if constexpr (std::is_same_v<In, RecordOutcome> || std::is_same_v<In, Answer>)
    return sizeof input + input.outcome.size() + size_of_events(input.events);
  else if constexpr (std::is_same_v<In, Label>)
    return sizeof input + input.route.size() + input.note.value_or("").size();
  else if constexpr (requires { input.events; })
    return sizeof input + size_of_events(input.events);
  else
    return sizeof input;
}

template <class In, class Out>
class WriteCommand final : public HandlerCompletion<Out, Command> {
 public:
  using Write = Result<Out> (*)(WriteContext&, const In&);

  WriteCommand(WriteContext& context, Write write, In input, Handler<Out> handler)
      : HandlerCompletion<Out, Command>(std::move(handler)),
        context_(context),
        write_(write),
        input_(std::move(input)) {
    this->set_bytes(size_of_input(input_));
    if constexpr (std::is_same_v<In, TaskRef> && std::is_same_v<Out, Done>) {
      if (write == &write_purge) this->set_erasure();
    }
  }

  void apply() override { this->set(write_(context_, input_)); }

 private:
  WriteContext& context_;
  Write write_;
  In input_;
};

template <class Out, class Read>
class ReadCommand final : public HandlerCompletion<Out, ReadJob> {
 public:
  ReadCommand(Read read, Handler<Out> handler)
      : HandlerCompletion<Out, ReadJob>(std::move(handler)), read_(std::move(read)) {}

  void run(Database& db) override { this->set(read_(db)); }

 private:
  Read read_;
};

}  // namespace taskgate::store::sqlite

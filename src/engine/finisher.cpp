#include "engine/finisher.hpp"

#include "engine/verdict.hpp"

#include <utility>

namespace taskgate::engine {

store::Finish make_finish(const Task& row,
                          std::optional<store::Fence> fence,
                          const FinalResult& result,
                          std::vector<EventDraft> events) {
  store::Finish finish;
  finish.ref = row.ref;
  finish.fence = fence;
  finish.status = result.status;
  finish.at = result.finished_at;
  finish.expires_at = result.expires_at;
  finish.events = std::move(events);
  EventDraft last;
  last.type = final_event(result.status);
  last.at = result.finished_at;
  last.data.reserve(1024 + result.text.size() + result.output.size());
  last.data = R"("task":)";
  last.seq_offset = append_final_object(last.data, row, result);
  finish.events.push_back(std::move(last));
  return finish;
}

FinalResult failed_result(const providers::Failure& failure, std::string text) {
  FinalResult result;
  result.status = TaskStatus::failed;
  result.findings.push_back(describe(failure));
  result.text = std::move(text);
  return result;
}

FinalResult stopped_result(TaskStatus status, TimePoint now) {
  FinalResult result;
  result.status = status;
  result.finished_at = now;
  switch (status) {
    case TaskStatus::cancelled:
      result.findings.push_back(
          {"cancelled", "the task was cancelled on request", "error", "none", "client", ""});
      break;
    case TaskStatus::expired:
      result.findings.push_back({"deadline_exceeded",
                                 "the task's deadline passed before it could finish", "error",
                                 "retry", "gateway", ""});
      break;
    default:
      result.findings.push_back({"internal", "the task's attempts were interrupted too often",
                                 "critical", "retry_later", "gateway", ""});
      break;
  }
  return result;
}

}  // namespace taskgate::engine

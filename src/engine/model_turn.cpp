#include "engine/model_turn.hpp"

#include "engine/answer/step.hpp"
#include "taskgate/core/json_text.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using providers::Failure;
using providers::FailureClass;
using providers::TurnOutcome;

Failure local_failure(FailureClass failure_class, std::string message) {
  Failure failure;
  failure.failure_class = failure_class;
  failure.message = std::move(message);
  return failure;
}

asio::awaitable<std::optional<TurnOutcome>> guarded_turn(providers::Provider& provider,
                                                         providers::ModelRequest request,
                                                         providers::DeltaSink& sink) {
  std::optional<TurnOutcome> outcome;
  try {
    outcome = co_await provider.stream(std::move(request), sink);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) {
      outcome =
          local_failure(FailureClass::server, "the gateway failed while it talked to the provider");
    }
  } catch (const std::exception&) {
    outcome =
        local_failure(FailureClass::server, "the gateway failed while it talked to the provider");
  }
  co_return outcome;
}

AttemptReport report_of(const std::optional<TurnOutcome>& outcome,
                        StopReason reason,
                        std::chrono::milliseconds total) {
  AttemptReport report;
  report.total = total;
  report.reached = outcome || reason == StopReason::attempt_timeout;
  if (!report.reached) return report;
  if (!outcome) {
    report.failure = FailureClass::timeout;
  } else if (const auto* turn = outcome->turn()) {
    report.first_token = turn->first_token;
  } else {
    report.failure = outcome->failure()->failure_class;
    report.retry_after = outcome->failure()->retry_after;
  }
  return report;
}

EventDraft retrying_event(int attempt, std::chrono::milliseconds delay, const Failure& failure) {
  EventDraft retrying;
  retrying.type = EventType::task_retrying;
  retrying.data =
      R"("attempt":)" + std::to_string(attempt) + R"(,"delay_ms":)" + std::to_string(delay.count());
  append_json_key(retrying.data, "reason");
  append_json_string(retrying.data, providers::to_string(failure.failure_class));
  append_json_key(retrying.data, "message");
  append_json_string(retrying.data, failure.message);
  append_turn_usage(retrying.data, failure.usage);
  return retrying;
}

void append_model(std::string& data, std::string_view key, std::string_view model) {
  append_json_key(data, key);
  append_json_string(data, model);
}

}  // namespace taskgate::engine

#include "tools/classify.hpp"

#include "tools/contract.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace taskgate::tools {
namespace {

using State = ToolOutcome::State;

constexpr std::int64_t kLongestWaitSeconds = 86'400;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

// Errors of our own making: the same request would be refused again.
bool is_ours(const Error& error) {
  return error.code() == Errc::invalid_argument || error.code() == Errc::forbidden;
}

// RFC 9110 §15: what may be different next time.
bool may_pass(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

bool says_not_executed(const ToolDefinition& definition, int status) {
  const auto& declared = definition.not_executed_status;
  return std::find(declared.begin(), declared.end(), status) != declared.end();
}

State state_of(const ToolDefinition& definition, const Exchange& exchange) {
  if (is_success(exchange.status) && !exchange.error) return State::succeeded;
  if (definition.effect == Effect::read) return State::failed_definite;
  if (exchange.status == 0) return exchange.left ? State::unknown : State::failed_definite;
  // The status counts even when its explanation broke off.
  return says_not_executed(definition, exchange.status) ? State::failed_definite : State::unknown;
}

}  // namespace

ToolOutcome classify(const ToolDefinition& definition, Exchange exchange) {
  ToolOutcome outcome;
  outcome.state = state_of(definition, exchange);
  outcome.evidence = evidence_of(exchange);
  outcome.http_status = exchange.status;
  outcome.retry_after = retry_after_of(exchange.headers);
  outcome.cut = exchange.cut;
  outcome.result =
      bounded_result(std::move(exchange.body), definition.max_result_bytes, outcome.cut);
  outcome.is_error = outcome.state != State::succeeded;
  outcome.not_sent = exchange.held_back;
  if (outcome.state == State::failed_definite) {
    const bool no_whole_answer = exchange.error && !is_ours(*exchange.error);
    outcome.retryable = may_pass(exchange.status) || no_whole_answer;
  }
  return outcome;
}

ToolOutcome not_sent(const Error& error) {
  ToolOutcome outcome;
  outcome.state = State::failed_definite;
  outcome.is_error = true;
  outcome.evidence = error.message() + ": nothing was sent";
  outcome.retryable = !is_ours(error);
  outcome.retry_after = error.retry_after();
  return outcome;
}

Exchange held_back_exchange() {
  Exchange exchange;
  exchange.held_back = true;
  exchange.error.emplace(Errc::cancelled, "the call was held back by its sender");
  return exchange;
}

Reconciled classify_reconciled(const ToolDefinition& definition, Exchange exchange) {
  Reconciled known;
  known.evidence = evidence_of(exchange);
  if (exchange.status == 404) {
    known.state = Reconciled::State::not_executed;
  } else if (is_success(exchange.status) && exchange.status != 202 && !exchange.error) {
    known.state = Reconciled::State::executed;
    known.cut = exchange.cut;
    known.result = bounded_result(std::move(exchange.body), definition.max_result_bytes, known.cut);
  }
  return known;
}

std::optional<std::chrono::milliseconds> retry_after_of(const net::Headers& headers) {
  const auto value = headers.find("retry-after");
  if (!value) return std::nullopt;
  std::int64_t seconds = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, failed] = std::from_chars(value->data(), end, seconds);
  if (failed == std::errc::result_out_of_range && stop == end && !value->starts_with('-'))
    return std::chrono::seconds(kLongestWaitSeconds);
  if (failed != std::errc() || stop != end || seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kLongestWaitSeconds));
}

}  // namespace taskgate::tools

#include "taskgate/providers/provider.hpp"

namespace taskgate::providers {

const char* to_string(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
      return "content_filter";
    case FinishReason::refusal:
      return "refusal";
    case FinishReason::unknown:
      break;
  }
  return "unknown";
}

const char* to_string(FailureClass failure) noexcept {
  switch (failure) {
    case FailureClass::rate:
      return "rate";
    case FailureClass::quota:
      return "quota";
    case FailureClass::overload:
      return "overload";
    case FailureClass::server:
      return "server";
    case FailureClass::caller:
      return "caller";
    case FailureClass::connect:
      return "connect";
    case FailureClass::stream_cut:
      return "stream_cut";
    case FailureClass::malformed:
      return "malformed";
    case FailureClass::timeout:
      return "timeout";
    case FailureClass::cancelled:
      break;
  }
  return "cancelled";
}

Message message_of(const ModelTurn& turn) {
  Message message;
  message.role = "assistant";
  if (!turn.text.empty()) {
    message.content.emplace_back();
    message.content.back().text = turn.text;
  }
  message.tool_calls = turn.tool_calls;
  message.native = turn.native;
  return message;
}

bool Failure::retryable() const noexcept {
  if (failure_class == FailureClass::quota || failure_class == FailureClass::cancelled) {
    return false;
  }
  if (should_retry) return *should_retry;
  return failure_class != FailureClass::caller;
}

}  // namespace taskgate::providers

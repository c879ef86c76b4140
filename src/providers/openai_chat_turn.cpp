// The end of a decoded answer: usage, why it stopped, and whether it is one at all.
#include "providers/json_cursor.hpp"
#include "providers/openai_chat_codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::providers {
namespace {

std::int64_t count_of(std::string_view value) {
  return std::max<std::int64_t>(0, raw_integer(value).value_or(0));
}

// One member of an object of counts, e.g. prompt_tokens_details.cached_tokens.
std::int64_t member_count(std::string_view object, std::string_view name) {
  std::int64_t count = 0;
  JsonCursor cursor(object);
  cursor.object([&](std::string_view key) {
    const std::string_view member = cursor.value();
    if (key == name) count = count_of(member);
  });
  return count;
}

FinishReason reason_of(std::string_view raw) noexcept {
  struct Entry {
    std::string_view name;
    FinishReason reason;
  };
  constexpr std::array<Entry, 10> kReasons{{
      {"stop", FinishReason::stop},
      {"length", FinishReason::length},
      {"tool_calls", FinishReason::tool_calls},
      {"function_call", FinishReason::tool_calls},
      {"content_filter", FinishReason::content_filter},
      {"model_length", FinishReason::length},  // Mistral
      {"max_tokens", FinishReason::length},    // Anthropic's word, passed on by proxies
      {"end_turn", FinishReason::stop},        // likewise
      {"eos", FinishReason::stop},             // llama.cpp, Together
      {"refusal", FinishReason::refusal},
  }};
  for (const Entry& entry : kReasons) {
    if (entry.name == raw) return entry.reason;
  }
  return FinishReason::unknown;
}

Failure make_failure(FailureClass failure_class, std::string message) {
  Failure failure;
  failure.failure_class = failure_class;
  failure.message = std::move(message);
  failure.http_status = 200;
  return failure;
}

}  // namespace

// The newest report wins: servers that report in every chunk report running totals.
void OpenAiChatDecoder::take_usage(std::string_view value) {
  if (value.empty() || value.front() != '{') return;
  Usage usage;
  std::int64_t total = 0;
  JsonCursor cursor(value);
  cursor.object([&](std::string_view key) {
    const std::string_view member = cursor.value();
    if (key == "prompt_tokens") {
      usage.input_tokens = count_of(member);
    } else if (key == "completion_tokens") {
      usage.output_tokens = count_of(member);
    } else if (key == "total_tokens") {
      total = count_of(member);
    } else if (key == "prompt_tokens_details") {
      usage.cached_input_tokens =
          std::max(usage.cached_input_tokens, member_count(member, "cached_tokens"));
    } else if (key == "prompt_cache_hit_tokens") {  // DeepSeek
      usage.cached_input_tokens = std::max(usage.cached_input_tokens, count_of(member));
    } else if (key == "completion_tokens_details") {
      usage.reasoning_tokens = member_count(member, "reasoning_tokens");
    }
  });
  // xAI leaves reasoning out of completion_tokens; everybody else counts it in.
  if (usage.reasoning_tokens > 0 &&
      total == usage.input_tokens + usage.output_tokens + usage.reasoning_tokens) {
    usage.output_tokens += usage.reasoning_tokens;
  }
  usage.reported = true;
  turn_.usage = usage;
}

TurnOutcome OpenAiChatDecoder::finish(std::optional<Failure> broken) {
  flush();
  turn_.saw_terminal = saw_terminal_;
  turn_.refusal = to_valid_utf8(refusal_);
  turn_.tool_calls = tools_.finish();
  if (auto failed = failure(std::move(broken))) {
    failed->usage = turn_.usage;
    failed->request_id = turn_.request_id;
    return std::move(*failed);
  }
  turn_.finish_reason = finish_reason();
  return std::move(turn_);
}

std::optional<Failure> OpenAiChatDecoder::failure(std::optional<Failure> broken) {
  if (error_) {
    Failure failed = make_failure(classify(*error_), error_->message);
    if (error_->status != 0) failed.http_status = error_->status;
    failed.code = error_->code.empty() ? error_->type : error_->code;
    return failed;
  }
  if (malformed_) return make_failure(FailureClass::malformed, why_malformed_);
  const std::string& reason = turn_.raw_finish_reason;
  if (reason.empty() && !saw_terminal_) {
    if (broken) return broken;
    if (!any_chunk_) return make_failure(FailureClass::malformed, "the answer was empty");
    return make_failure(FailureClass::stream_cut, "the stream ended before the answer did");
  }
  if (!any_choice_) return make_failure(FailureClass::malformed, "the answer held no choice");
  if (reason == "error") {  // Mistral
    return make_failure(FailureClass::server, "the upstream gave up on the answer");
  }
  if (reason == "insufficient_system_resource") {  // DeepSeek
    return make_failure(FailureClass::overload, "the upstream ran out of resources");
  }
  const bool promised = reason_of(reason) == FinishReason::tool_calls;
  if (promised && turn_.tool_calls.empty()) {  // vLLM, Dynamo: the parser lost the call
    return make_failure(FailureClass::malformed, "the answer announced a tool call and held none");
  }
  return std::nullopt;
}

// Servers say "stop" with tool calls in hand (and nothing at all with them): their presence
// decides, unless the answer was cut short, when the last call may be half a call.
FinishReason OpenAiChatDecoder::finish_reason() const {
  const FinishReason reason = reason_of(turn_.raw_finish_reason);
  if (reason == FinishReason::length || reason == FinishReason::content_filter) return reason;
  if (!turn_.tool_calls.empty()) return FinishReason::tool_calls;
  if (!turn_.refusal.empty()) return FinishReason::refusal;
  return reason;
}

}  // namespace taskgate::providers

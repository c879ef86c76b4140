// The end of a decoded answer: usage, why it stopped, and whether it is one at all.
#include "providers/json_values.hpp"
#include "providers/openai_chat/decoder.hpp"
#include "taskgate/core/json_text.hpp"

#include <algorithm>
#include <array>

namespace taskgate::providers {
namespace {

FinishReason chat_reason(std::string_view raw) noexcept {
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

}  // namespace

// The newest report wins: servers that report in every chunk report running totals.
void OpenAiChatDecoder::take_usage(std::string_view value) {
  if (value.empty() || value.front() != '{') return;
  constexpr std::array<std::string_view, 6> kNames{
      "prompt_tokens",         "completion_tokens",       "total_tokens",
      "prompt_tokens_details", "prompt_cache_hit_tokens", "completion_tokens_details"};
  const auto found = members(value, kNames);
  if (!found) return;
  const auto& [prompt, completion, all, prompt_details, cache_hit, completion_details] = *found;
  Usage usage;
  usage.input_tokens = count_value(prompt);
  usage.output_tokens = count_value(completion);
  usage.cached_input_tokens = std::max(count_value(member(prompt_details, "cached_tokens")),
                                       count_value(cache_hit));  // DeepSeek
  usage.reasoning_tokens = count_value(member(completion_details, "reasoning_tokens"));
  const std::int64_t total = count_value(all);
  // xAI leaves reasoning out of completion_tokens; everybody else counts it in.
  if (usage.reasoning_tokens > 0 &&
      total == usage.input_tokens + usage.output_tokens + usage.reasoning_tokens) {
    usage.output_tokens += usage.reasoning_tokens;
  }
  usage.reported = true;
  turn().usage = usage;
}

void OpenAiChatDecoder::assemble() {
  turn().tool_calls = tools_.finish();
  // DeepSeek: reasoning goes back with the calls that it led to, and only with them.
  if (turn().tool_calls.empty() || turn().reasoning.empty()) return;
  turn().native.protocol = "openai_chat";
  turn().native.json = "{";
  append_json_key(turn().native.json, "reasoning_content");
  append_json_string(turn().native.json, turn().reasoning);
  turn().native.json += '}';
}

bool OpenAiChatDecoder::ended() const {
  return saw_terminal() || !turn().raw_finish_reason.empty();
}

std::optional<Failure> OpenAiChatDecoder::judge() const {
  const std::string& raw = turn().raw_finish_reason;
  if (!any_choice_) return answer_failure(FailureClass::malformed, "the answer held no choice");
  if (raw == "error") {  // Mistral
    return answer_failure(FailureClass::server, "the upstream gave up on the answer");
  }
  if (raw == "insufficient_system_resource") {  // DeepSeek
    return answer_failure(FailureClass::overload, "the upstream ran out of resources");
  }
  const bool promised = chat_reason(raw) == FinishReason::tool_calls;
  if (promised && turn().tool_calls.empty()) {  // vLLM, Dynamo: the parser lost the call
    return answer_failure(FailureClass::malformed,
                          "the answer announced a tool call and held none");
  }
  return std::nullopt;
}

FinishReason OpenAiChatDecoder::reason() const {
  return chat_reason(turn().raw_finish_reason);
}

}  // namespace taskgate::providers

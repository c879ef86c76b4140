// The end of a decoded answer: usage, calls, items for the next turn, why it stopped.
#include "providers/json_values.hpp"
#include "providers/openai_responses/decoder.hpp"
#include "providers/text_stitcher.hpp"

#include <utility>

namespace taskgate::providers {

void OpenAiResponsesDecoder::take_usage(std::string_view value) {
  constexpr std::array<std::string_view, 4> kNames{"input_tokens", "output_tokens",
                                                   "input_tokens_details", "output_tokens_details"};
  if (is_null_or_absent(value)) return;
  const auto found = members(value, kNames);
  if (!found) return;
  const auto& [input, output, input_details, output_details] = *found;
  Usage& usage = turn().usage;
  usage.input_tokens = count_value(input);
  usage.output_tokens = count_value(output);
  usage.cached_input_tokens = count_value(member(input_details, "cached_tokens"));
  usage.reasoning_tokens = count_value(member(output_details, "reasoning_tokens"));
  usage.reported = true;
}

void OpenAiResponsesDecoder::assemble() {
  constexpr std::array<std::string_view, 5> kNames{"type", "call_id", "name", "arguments", "input"};
  for (const Item& item : items_) {
    const auto found = members(item.json, kNames);
    if (!found) continue;
    const auto& [type, id, name, arguments, input] = *found;
    const std::string kind = text_value(type);
    if (kind != "function_call" && kind != "custom_tool_call") continue;
    ToolCall call;
    call.id = text_value(id);
    call.name = text_value(name);
    call.arguments = text_value(kind == "function_call" ? arguments : input);
    if (call.arguments.empty() || !item.done) {
      if (!item.arguments.empty()) call.arguments = to_valid_utf8(item.arguments);
    }
    turn().tool_calls.push_back(std::move(call));
  }
  std::string native = native_items();
  if (native.empty()) return;
  turn().native.protocol = "openai_responses";
  turn().native.json = std::move(native);
}

// Every finished item as it came, but reasoning that nobody could read: without its encrypted form
// an item that was not stored is unknown to the server ("Item with id 'rs_…' not found").
std::string OpenAiResponsesDecoder::native_items() const {
  std::string out = "[";
  for (const Item& item : items_) {
    if (!item.done) return {};
    const bool reasoning = text_value(member(item.json, "type")) == "reasoning";
    if (reasoning && is_null_or_absent(member(item.json, "encrypted_content"))) continue;
    if (out.size() > 1) out += ',';
    out += item.json;
  }
  return out.size() > 1 ? out + ']' : std::string();
}

bool OpenAiResponsesDecoder::ended() const {
  return saw_terminal();
}

std::optional<Failure> OpenAiResponsesDecoder::judge() const {
  if (status_ == "failed" || status_ == "cancelled") {
    return answer_failure(FailureClass::server, "the upstream ended the answer as " + status_);
  }
  return std::nullopt;
}

FinishReason OpenAiResponsesDecoder::reason() const {
  const std::string& raw = turn().raw_finish_reason;
  if (raw == "completed") return FinishReason::stop;
  if (raw == "max_output_tokens" || raw == "max_tokens") return FinishReason::length;
  if (raw == "content_filter") return FinishReason::content_filter;
  return status_ == "incomplete" ? FinishReason::length : FinishReason::unknown;
}

}  // namespace taskgate::providers

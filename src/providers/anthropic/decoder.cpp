#include "providers/anthropic/decoder.hpp"

#include "providers/anthropic/errors.hpp"
#include "providers/json_values.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxBlocks = 4096;

FinishReason stop_reason(std::string_view raw) noexcept {
  struct Entry {
    std::string_view name;
    FinishReason reason;
  };
  constexpr Entry kReasons[] = {
      {"end_turn", FinishReason::stop},
      {"stop_sequence", FinishReason::stop},
      {"max_tokens", FinishReason::length},
      {"model_context_window_exceeded", FinishReason::length},
      {"pause_turn", FinishReason::length},  // a server tool went on too long: not the whole answer
      {"tool_use", FinishReason::tool_calls},
      {"refusal", FinishReason::refusal},
  };
  for (const Entry& entry : kReasons) {
    if (entry.name == raw) return entry.reason;
  }
  return FinishReason::unknown;
}

}  // namespace

AnthropicDecoder::AnthropicDecoder(DeltaSink& sink) : TurnDecoder(sink, anthropic_errors()) {}

bool AnthropicDecoder::take_event(const net::SseEvent& event) {
  constexpr std::array<std::string_view, 8> kNames{"type",  "message", "index", "content_block",
                                                   "delta", "usage",   "error", "stop_reason"};
  const auto found = members(event.data, kNames);
  if (!found) return false;
  const auto& [type, message, index, content, delta, usage, error, stop] = *found;
  const std::string_view name = type.empty() ? event.event : raw_string(type).value_or("");
  if (name == "error" || (type.empty() && !error.empty())) {
    take_error(event.data);
  } else if (name == "message_start") {
    begin_message(message);
  } else if (name == "content_block_start") {
    begin_block(raw_integer(index).value_or(0), content);
  } else if (name == "content_block_delta") {
    grow_block(raw_integer(index).value_or(0), delta);
  } else if (name == "message_delta") {
    take_delta(delta);
    take_usage(usage);
  } else if (name == "message_stop") {
    mark_terminal();
  }
  return true;  // ping, content_block_stop and whatever is new
}

bool AnthropicDecoder::take_whole(std::string_view body) {
  constexpr std::array<std::string_view, 3> kNames{"type", "content", "error"};
  const auto found = members(body, kNames);
  if (!found) return false;
  const auto& [type, content, error] = *found;
  if (!is_null_or_absent(error)) {
    take_error(body);
    return true;
  }
  if (content.empty() || content.front() != '[') return false;
  begin_message(body);
  return true;
}

// A second beginning: of nothing (a proxy repeats it), or of an answer that was started anew after
// a break. Then the first one is void, unless its text has been handed on already. A message may
// begin with content (what the client's answer to a tool goes on from) and even with its end.
void AnthropicDecoder::begin_message(std::string_view message) {
  constexpr std::array<std::string_view, 4> kNames{"model", "id", "usage", "content"};
  if (!blocks_.empty()) {
    if (wrote_text_) fail("a second answer began within the first");
    blocks_.clear();
    turn().raw_finish_reason.clear();
  }
  const auto found = members(message, kNames);
  if (!found) return;
  const auto& [model, id, usage, content] = *found;
  assign_text(turn().served_model, model);
  assign_text(turn().request_id, id);
  counts_ = Counts();
  take_usage(usage);
  std::int64_t index = 0;
  JsonCursor cursor(content);
  cursor.array([&] { begin_block(index++, cursor.value()); });
  take_delta(message);
}

void AnthropicDecoder::begin_block(std::int64_t index, std::string_view content) {
  if (blocks_.size() >= kMaxBlocks) {
    fail("the answer has more content blocks than can be kept");
    return;
  }
  spend(content.size());
  blocks_.emplace_back(index, content);
  const ContentBlock& block = blocks_.back();
  if (block.is_tool_call()) mark_output();
  if (block.type() == "text") show(member(content, "text"), Delta::Kind::text);
  if (block.type() == "thinking") show(member(content, "thinking"), Delta::Kind::reasoning);
  if (block.type() == "fallback") {
    assign_text(turn().served_model, member(member(content, "to"), "model"));
  }
}

void AnthropicDecoder::grow_block(std::int64_t index, std::string_view delta) {
  ContentBlock* block = find_block(index);
  if (block == nullptr) {
    // Imitators leave the beginning of a text out; nothing else can be guessed.
    if (member(delta, "text").empty()) {
      fail("a delta for a content block that never began");
      return;
    }
    begin_block(index, R"({"type":"text","text":""})");
    block = find_block(index);
    if (block == nullptr) return;
  }
  spend(block->grow(delta));
  if (block->type() == "text") show(member(delta, "text"), Delta::Kind::text);
  if (block->type() == "thinking") show(member(delta, "thinking"), Delta::Kind::reasoning);
}

void AnthropicDecoder::show(std::string_view value, Delta::Kind kind) {
  const auto raw = raw_string(value);
  if (!raw || raw->empty()) return;
  if (kind == Delta::Kind::text) wrote_text_ = true;
  take_text(*raw, kind);
}

ContentBlock* AnthropicDecoder::find_block(std::int64_t index) {
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                  [&](const ContentBlock& one) { return one.index() == index; });
  return found == blocks_.rend() ? nullptr : &*found;
}

void AnthropicDecoder::take_delta(std::string_view delta) {
  constexpr std::array<std::string_view, 2> kNames{"stop_reason", "stop_details"};
  const auto found = members(delta, kNames);
  if (!found) return;
  const auto& [reason, details] = *found;
  assign_text(turn().raw_finish_reason, reason);
  assign_text(turn().finish_message, member(details, "explanation"));
}

// Every report is of the whole message so far; a count that is left out keeps its value.
void AnthropicDecoder::take_usage(std::string_view usage) {
  constexpr std::array<std::string_view, 5> kNames{"input_tokens", "cache_read_input_tokens",
                                                   "cache_creation_input_tokens", "output_tokens",
                                                   "output_tokens_details"};
  if (is_null_or_absent(usage)) return;
  const auto found = members(usage, kNames);
  if (!found) return;
  const auto& [input, cache_read, cache_write, output, details] = *found;
  const auto take = [](std::int64_t& count, std::string_view value) {
    if (raw_integer(value)) count = count_value(value);
  };
  take(counts_.input, input);
  take(counts_.cache_read, cache_read);
  take(counts_.cache_write, cache_write);
  take(counts_.output, output);
  take(counts_.thinking, member(details, "thinking_tokens"));
  Usage& sum = turn().usage;
  sum.input_tokens = counts_.input + counts_.cache_read + counts_.cache_write;
  sum.cached_input_tokens = counts_.cache_read;
  sum.cache_write_input_tokens = counts_.cache_write;
  sum.output_tokens = counts_.output;
  sum.reasoning_tokens = counts_.thinking;
  sum.reported = true;
}

void AnthropicDecoder::assemble() {
  std::string native = "[";
  bool whole = true;
  for (const ContentBlock& block : blocks_) {
    if (block.is_tool_call()) turn().tool_calls.push_back(block.tool_call());
    whole = whole && block.append_native(native);
  }
  if (stop_reason(turn().raw_finish_reason) == FinishReason::refusal) {
    turn().refusal = turn().finish_message;
  }
  if (!whole || native == "[") return;  // cut in the middle of a call: it cannot be sent back
  turn().native.protocol = "anthropic";
  turn().native.json = std::move(native) + ']';
}

bool AnthropicDecoder::ended() const {
  return saw_terminal() || !turn().raw_finish_reason.empty();
}

std::optional<Failure> AnthropicDecoder::judge() const {
  if (turn().raw_finish_reason == "tool_use" && turn().tool_calls.empty()) {
    return answer_failure(FailureClass::malformed,
                          "the answer announced a tool call and held none");
  }
  return std::nullopt;
}

FinishReason AnthropicDecoder::reason() const {
  return stop_reason(turn().raw_finish_reason);
}

}  // namespace taskgate::providers

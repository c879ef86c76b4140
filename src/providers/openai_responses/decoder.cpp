#include "providers/openai_responses/decoder.hpp"

#include "providers/json_values.hpp"
#include "providers/openai_errors.hpp"
#include "providers/openai_logprobs.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxItems = 4096;

enum class EventKind {
  other,
  error,
  begun,
  end,
  item_added,
  item_done,
  text,
  refusal,
  arguments,
  reasoning
};

EventKind kind_of(std::string_view type) noexcept {
  struct Entry {
    std::string_view type;
    EventKind kind;
  };
  constexpr Entry kKinds[] = {
      {"error", EventKind::error},
      {"response.created", EventKind::begun},
      {"response.in_progress", EventKind::begun},
      {"response.queued", EventKind::begun},
      {"response.completed", EventKind::end},
      {"response.incomplete", EventKind::end},
      {"response.failed", EventKind::end},
      {"response.cancelled", EventKind::end},
      {"response.output_item.added", EventKind::item_added},
      {"response.output_item.done", EventKind::item_done},
      {"response.output_text.delta", EventKind::text},
      {"response.refusal.delta", EventKind::refusal},
      {"response.function_call_arguments.delta", EventKind::arguments},
      {"response.custom_tool_call_input.delta", EventKind::arguments},
      {"response.reasoning_summary_text.delta", EventKind::reasoning},
      {"response.reasoning_text.delta", EventKind::reasoning},
  };
  for (const Entry& entry : kKinds) {
    if (entry.type == type) return entry.kind;
  }
  return EventKind::other;
}

}  // namespace

OpenAiResponsesDecoder::OpenAiResponsesDecoder(DeltaSink& sink)
    : TurnDecoder(sink, openai_errors()) {}

bool OpenAiResponsesDecoder::take_event(const net::SseEvent& event) {
  constexpr std::array<std::string_view, 9> kNames{
      "type",     "response", "item",          "output_index", "delta",
      "logprobs", "error",    "content_index", "summary_index"};
  if (event.data.starts_with("[DONE]")) return true;  // proxies add it; the end is told otherwise
  const auto found = members(event.data, kNames);
  if (!found) return false;
  const auto& [type, response, item, place, delta, logprobs, error, content, summary] = *found;
  const std::string_view name = type.empty() ? event.event : raw_string(type).value_or("");
  const std::int64_t index = raw_integer(place).value_or(0);
  switch (type.empty() && !is_null_or_absent(error) ? EventKind::error : kind_of(name)) {
    case EventKind::error:
      take_error(event.data);
      break;
    case EventKind::begun:
      take_response(response);
      break;
    case EventKind::end:
      return take_end(response);
    case EventKind::item_added:
      take_item(index, item, false);
      break;
    case EventKind::item_done:
      take_item(index, item, true);
      break;
    case EventKind::text:
      if (const auto raw = raw_string(delta); raw && !raw->empty()) {
        wrote_text_ = true;
        take_text(*raw, Delta::Kind::text);
      }
      spend(append_openai_logprobs(turn().logprobs, logprobs));
      break;
    case EventKind::refusal:
      wrote_refusal_ = true;
      take_refusal(raw_string(delta).value_or(""));
      break;
    case EventKind::arguments:
      take_arguments(index, delta);
      break;
    case EventKind::reasoning:
      take_reasoning(delta, index, raw_integer(summary.empty() ? content : summary).value_or(0));
      break;
    case EventKind::other:
      break;
  }
  return true;
}

bool OpenAiResponsesDecoder::take_whole(std::string_view body) {
  constexpr std::array<std::string_view, 2> kNames{"error", "output"};
  const auto found = members(body, kNames);
  if (!found) return false;
  const auto& [error, output] = *found;
  if (is_null_or_absent(output)) {
    if (!is_null_or_absent(error)) take_error(body);
    return !is_null_or_absent(error);
  }
  return take_end(body);
}

// OpenAI sends `error` and then response.failed: its usage is what the attempt has cost.
void OpenAiResponsesDecoder::take_after_error(std::string_view data) {
  take_response(member(data, "response"));
}

void OpenAiResponsesDecoder::take_response(std::string_view response) {
  constexpr std::array<std::string_view, 4> kNames{"id", "model", "usage", "system_fingerprint"};
  if (is_null_or_absent(response)) return;
  const auto found = members(response, kNames);
  if (!found) return;
  const auto& [id, model, usage, fingerprint] = *found;
  assign_text(turn().request_id, id);
  assign_text(turn().served_model, model);
  assign_text(turn().fingerprint, fingerprint);
  take_usage(usage);
}

bool OpenAiResponsesDecoder::take_end(std::string_view response) {
  constexpr std::array<std::string_view, 4> kNames{"status", "error", "incomplete_details",
                                                   "output"};
  const auto found = members(response, kNames);
  if (!found) return false;
  const auto& [status, error, incomplete, output] = *found;
  take_response(response);
  status_ = text_value(status);
  turn().raw_finish_reason = status_;
  assign_text(turn().raw_finish_reason, member(incomplete, "reason"));
  // The items as the end knows them, in case their own events did not come.
  std::int64_t index = 0;
  JsonCursor cursor(output);
  cursor.array([&] {
    const std::string_view item = cursor.value();
    const Item* known = find_item(index);
    if (known == nullptr || !known->done) take_item(index, item, true);
    ++index;
  });
  if (!is_null_or_absent(error)) take_error(response);
  mark_terminal();
  return true;
}

void OpenAiResponsesDecoder::take_item(std::int64_t index, std::string_view json, bool done) {
  if (is_null_or_absent(json)) return;
  if (items_.size() >= kMaxItems) {
    fail("the answer has more output items than can be kept");
    return;
  }
  Item* item = find_item(index);
  if (item == nullptr) {
    items_.emplace_back();
    item = &items_.back();
    item->index = index;
  }
  item->json = json;
  item->done = done;
  spend(json.size());
  const std::string type = text_value(member(json, "type"));
  if (type == "function_call" || type == "custom_tool_call") mark_output();
  if (!done) return;
  if (type == "message") show_message(json);
  if (type == "reasoning") show_reasoning(json);
}

// A message's text and refusal, unless they came as deltas already.
void OpenAiResponsesDecoder::show_message(std::string_view item) {
  constexpr std::array<std::string_view, 4> kNames{"type", "text", "refusal", "logprobs"};
  const bool has_text = wrote_text_;
  JsonCursor cursor(member(item, "content"));
  cursor.array([&] {
    const auto found = members(cursor.value(), kNames);
    if (!found) return;
    const auto& [type, text, refusal, logprobs] = *found;
    const std::string kind = text_value(type);
    if (kind == "output_text" && !has_text) {
      take_text(raw_string(text).value_or(""), Delta::Kind::text);
      spend(append_openai_logprobs(turn().logprobs, logprobs));
    } else if (kind == "refusal" && !wrote_refusal_) {
      take_refusal(raw_string(refusal).value_or(""));
    }
  });
}

void OpenAiResponsesDecoder::show_reasoning(std::string_view item) {
  if (wrote_reasoning_) return;
  for (const std::string_view list : {member(item, "summary"), member(item, "content")}) {
    JsonCursor cursor(list);
    cursor.array([&] {
      take_text(raw_string(member(cursor.value(), "text")).value_or(""), Delta::Kind::reasoning);
    });
  }
}

void OpenAiResponsesDecoder::take_arguments(std::int64_t index, std::string_view delta) {
  Item* item = find_item(index);
  const auto raw = raw_string(delta);
  if (!raw) return;
  if (item == nullptr) {
    fail("arguments came for a tool call that never began");
    return;
  }
  append_unescaped(item->arguments, *raw);
  spend(raw->size());
}

// The parts of a summary are paragraphs.
void OpenAiResponsesDecoder::take_reasoning(std::string_view delta,
                                            std::int64_t item,
                                            std::int64_t number) {
  const auto raw = raw_string(delta);
  if (!raw || raw->empty()) return;
  const std::pair<std::int64_t, std::int64_t> part(item, number);
  if (wrote_reasoning_ && part != reasoning_part_) take_text(R"(\n\n)", Delta::Kind::reasoning);
  wrote_reasoning_ = true;
  reasoning_part_ = part;
  take_text(*raw, Delta::Kind::reasoning);
}

OpenAiResponsesDecoder::Item* OpenAiResponsesDecoder::find_item(std::int64_t index) {
  const auto found = std::find_if(items_.rbegin(), items_.rend(),
                                  [&](const Item& item) { return item.index == index; });
  return found == items_.rend() ? nullptr : &*found;
}

}  // namespace taskgate::providers

#include "providers/openai_chat/tool_call_assembler.hpp"

#include "providers/json_values.hpp"
#include "providers/text_stitcher.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxToolCalls = 128;  // OpenAI's own bound on tools of a request

}  // namespace

bool ToolCallAssembler::take(std::string_view tool_calls) {
  bool fine = true;
  JsonCursor cursor(tool_calls);
  const bool whole = cursor.array([&] {
    const std::string_view element = cursor.value();
    if (!element.empty() && element.front() == '{') fine = apply(read_piece(element)) && fine;
  });
  return whole && fine;
}

bool ToolCallAssembler::take_function(std::string_view function_call) {
  Piece piece;
  piece.index = 0;
  read_function(function_call, piece);
  return apply(std::move(piece));
}

ToolCallAssembler::Piece ToolCallAssembler::read_piece(std::string_view value) {
  Piece piece;
  std::string_view function;
  JsonCursor cursor(value);
  cursor.object([&](std::string_view key) {
    const std::string_view member = cursor.value();
    if (key == "index") piece.index = raw_integer(member);
    if (key == "id") piece.id = text_value(member);
    if (key == "function") function = member;
  });
  read_function(function, piece);
  return piece;
}

void ToolCallAssembler::read_function(std::string_view value, Piece& piece) {
  JsonCursor cursor(value);
  cursor.object([&](std::string_view key) {
    const std::string_view member = cursor.value();
    if (key == "name") piece.name = text_value(member);
    if (key != "arguments" || is_null_or_absent(member)) return;
    // Kept in the stitcher's input form: a cut character is joined when the call is finished.
    if (const auto raw = raw_string(member)) {
      append_unescaped(piece.arguments, *raw);
    } else {
      piece.arguments = member;  // an object (Ollama): its own text is the JSON
    }
  });
}

ToolCallAssembler::Slot* ToolCallAssembler::find_slot(const Piece& piece) {
  const auto newest = [this](auto&& matches) -> Slot* {
    const auto found = std::find_if(slots_.rbegin(), slots_.rend(), matches);
    return found == slots_.rend() ? nullptr : &*found;
  };
  if (piece.index) {
    return newest([&](const Slot& slot) { return slot.index == piece.index; });
  }
  if (!piece.id.empty()) {
    return newest([&](const Slot& slot) { return slot.call.id == piece.id; });
  }
  return slots_.empty() ? nullptr : &slots_.back();
}

// A piece for a known place that is not its continuation (every call with index 0, or none).
bool ToolCallAssembler::begins_new_call(const Slot& slot, const Piece& piece) {
  if (piece.name.empty() || slot.call.name.empty()) return false;
  if (!piece.id.empty() && !slot.call.id.empty()) return piece.id != slot.call.id;
  return piece.name != slot.call.name || is_whole_object(slot.call.arguments);
}

bool ToolCallAssembler::apply(Piece piece) {
  Slot* slot = find_slot(piece);
  if (slot == nullptr || begins_new_call(*slot, piece)) {
    if (slots_.size() >= kMaxToolCalls) return false;
    slots_.emplace_back();
    slot = &slots_.back();
    slot->index = piece.index;
  }
  if (slot->call.id.empty()) slot->call.id = std::move(piece.id);
  if (slot->call.name.empty()) slot->call.name = std::move(piece.name);
  slot->call.arguments += piece.arguments;
  bytes_ += piece.arguments.size();
  return true;
}

std::vector<ToolCall> ToolCallAssembler::finish() {
  std::vector<ToolCall> calls;
  for (Slot& slot : slots_) {
    if (slot.call.name.empty() && slot.call.arguments.empty()) continue;
    slot.call.arguments = to_valid_utf8(slot.call.arguments);
    calls.push_back(std::move(slot.call));
  }
  slots_.clear();
  return calls;
}

}  // namespace taskgate::providers

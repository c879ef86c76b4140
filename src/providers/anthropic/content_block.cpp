#include "providers/anthropic/content_block.hpp"

#include "providers/json_values.hpp"
#include "providers/text_stitcher.hpp"
#include "taskgate/core/json_text.hpp"

namespace taskgate::providers {
namespace {

void append_raw(std::string& text, std::string_view value) {
  if (const auto raw = raw_string(value)) append_unescaped(text, *raw);
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_json_key(out, key);
  append_json_string(out, to_valid_utf8(text));
}

}  // namespace

ContentBlock::ContentBlock(std::int64_t index, std::string_view start)
    : index_(index), start_(start) {
  constexpr std::array<std::string_view, 4> kNames{"type", "text", "thinking", "signature"};
  const auto found = members(start_, kNames);
  if (!found) return;
  const auto& [type, text, thinking, signature] = *found;
  type_ = text_value(type);
  append_raw(text_, type_ == "thinking" ? thinking : text);
  append_raw(signature_, signature);
}

std::size_t ContentBlock::grow(std::string_view delta) {
  constexpr std::array<std::string_view, 6> kNames{"text",         "thinking", "signature",
                                                   "partial_json", "citation", "content"};
  const auto found = members(delta, kNames);
  if (!found) return 0;
  const auto& [text, thinking, signature, partial_json, citation, content] = *found;
  append_raw(text_, text);
  append_raw(text_, thinking);
  append_raw(text_, content);  // of a compaction
  append_raw(signature_, signature);
  append_raw(partial_json_, partial_json);
  if (!citation.empty()) citations_.emplace_back(citation);
  return delta.size();
}

// Deltas replace the empty object that a block begins with; a call without arguments has none.
std::string_view ContentBlock::input() const {
  if (!partial_json_.empty()) return partial_json_;
  const std::string_view given = member(start_, "input");
  return given.empty() ? std::string_view("{}") : given;
}

ToolCall ContentBlock::tool_call() const {
  ToolCall call;
  call.id = text_value(member(start_, "id"));
  call.name = text_value(member(start_, "name"));
  call.arguments = to_valid_utf8(input());
  return call;
}

bool ContentBlock::append_native(std::string& out) const {
  // The API refuses empty texts, and a note of a fallback without the beta that made it.
  if ((type_ == "text" && text_.empty()) || type_ == "fallback") return true;
  const bool has_input = !member(start_, "input").empty() || !partial_json_.empty();
  if (has_input && !is_whole_object(input())) return false;
  if (out.size() > 1) out += ',';
  out += '{';
  JsonCursor cursor(start_);
  cursor.object([&](std::string_view key) {
    const std::string_view value = cursor.value();
    if (key == "text" || key == "thinking" || key == "signature" || key == "input") return;
    if (key == "citations" && !citations_.empty()) return;
    if (key == "content" && type_ == "compaction") return;
    out += out.back() == '{' ? "\"" : ",\"";
    out.append(key).append("\":").append(value);
  });
  if (type_ == "text") append_member(out, "text", text_);
  if (type_ == "compaction") append_member(out, "content", text_);
  if (type_ == "thinking") {
    append_member(out, "thinking", text_);
    append_member(out, "signature", signature_);
  }
  if (has_input) {
    append_json_key(out, "input");
    out += to_valid_utf8(input());
  }
  if (!citations_.empty()) {
    append_json_key(out, "citations");
    out += '[';
    for (const std::string& citation : citations_) {
      if (out.back() != '[') out += ',';
      out += citation;
    }
    out += ']';
  }
  out += '}';
  return true;
}

}  // namespace taskgate::providers

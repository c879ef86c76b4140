#pragma once
// One content block of a message as it grows, and as it goes back in the next turn: member by
// member as it came, with what the deltas added put in. Pure.

#include "taskgate/providers/provider.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

class ContentBlock {
 public:
  ContentBlock(std::int64_t index, std::string_view start);

  std::int64_t index() const noexcept { return index_; }
  const std::string& type() const noexcept { return type_; }
  /// A tool call that is the client's to answer (not one that the server runs itself).
  bool is_tool_call() const noexcept { return type_ == "tool_use"; }

  /// Takes a content_block_delta's `delta`; returns how many bytes were kept. Unknown kinds: 0.
  std::size_t grow(std::string_view delta);
  ToolCall tool_call() const;
  /// Appends the block in the form in which it is sent back; nothing for one that must not be.
  /// False: it is incomplete and cannot be said.
  bool append_native(std::string& out) const;

 private:
  std::string_view input() const;

  std::int64_t index_;
  std::string start_;  // as it came
  std::string type_;
  std::string text_;       // of text, thinking, compaction; unstitched
  std::string signature_;  // of thinking
  std::string partial_json_;
  std::vector<std::string> citations_;  // as they came
};

}  // namespace taskgate::providers

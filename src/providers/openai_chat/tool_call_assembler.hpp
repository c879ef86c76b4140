#pragma once
// Puts tool calls together from the pieces of a chat-completions stream, whatever the server does
// to index, id and name: index missing, from 1, or 0 for all; id missing or repeated; name empty or
// repeated on continuations; arguments as an object instead of a string.

#include "taskgate/providers/provider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

class ToolCallAssembler {
 public:
  /// Takes the `tool_calls` array of a delta, as written. False: too many calls, or broken.
  bool take(std::string_view tool_calls);
  /// The older `function_call` object of a delta: at most one call, without an id.
  bool take_function(std::string_view function_call);

  bool empty() const noexcept { return slots_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }
  /// The calls in the order in which they began. Pieces that never named a function nor gave
  /// arguments are dropped (vLLM emits such).
  std::vector<ToolCall> finish();

 private:
  struct Piece {
    std::optional<std::int64_t> index;
    std::string id;
    std::string name;
    std::string arguments;
  };
  struct Slot {
    std::optional<std::int64_t> index;
    ToolCall call;
  };
  static Piece read_piece(std::string_view value);
  static void read_function(std::string_view value, Piece& piece);
  Slot* find_slot(const Piece& piece);
  static bool begins_new_call(const Slot& slot, const Piece& piece);
  bool apply(Piece piece);

  std::vector<Slot> slots_;
  std::size_t bytes_ = 0;
};

}  // namespace taskgate::providers

#pragma once
// Walks a JSON text without building anything: what a stream's chunks need, some hundred times a
// second. Strict about structure (brackets, quotes, commas), tolerant inside strings, because
// upstreams cut characters in two (UTF-8 bytes, surrogate halves) and text_stitcher.hpp joins them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::providers {

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) noexcept : text_(text) {}

  /// Calls on_member(key) for every member of the object here; it must take the value with exactly
  /// one call of this cursor. Keys come as written, escapes and all. False: not an object, broken.
  template <class F>
  bool object(F&& on_member) {
    if (!open('{')) return false;
    if (close('}')) return true;
    do {
      std::string_view key;
      if (!string(key) || !expect(':')) return fail();
      on_member(key);
    } while (!failed_ && comma());
    return !failed_ && (close('}') || fail());
  }

  /// Calls on_element() for every element of the array here, under the same rule.
  template <class F>
  bool array(F&& on_element) {
    if (!open('[')) return false;
    if (close(']')) return true;
    do {
      on_element();
    } while (!failed_ && comma());
    return !failed_ && (close(']') || fail());
  }

  /// The string here without its quotes, escapes as written.
  bool string(std::string_view& raw) noexcept;
  /// Any value here, as written; empty when broken.
  std::string_view value() noexcept;
  /// Nothing but white space is left, and nothing was broken.
  bool at_end() noexcept;

 private:
  bool fail() noexcept {
    failed_ = true;
    return false;
  }
  void skip_space() noexcept;
  bool expect(char c) noexcept;
  bool open(char c) noexcept;
  bool close(char c) noexcept;
  bool comma() noexcept;
  bool skip_nested() noexcept;
  bool skip_scalar() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// A value as JsonCursor::value() gave it, read as …; nullopt when it is of another kind.
std::optional<std::string_view> raw_string(std::string_view value) noexcept;
std::optional<std::int64_t> raw_integer(std::string_view value) noexcept;
bool is_null_or_absent(std::string_view value) noexcept;

/// Appends what the escapes of a raw string mean. Surrogate halves are written as three bytes each
/// (as in WTF-8) even when paired: the stitcher joins them, over a cut or not.
void append_unescaped(std::string& out, std::string_view raw);
std::string unescape(std::string_view raw);

}  // namespace taskgate::providers

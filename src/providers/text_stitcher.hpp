#pragma once
// Joins text that arrives in pieces cut anywhere — inside a UTF-8 sequence, between the halves of a
// surrogate pair — so that what comes out is valid UTF-8 with no character cut.

#include <string>
#include <string_view>

namespace taskgate::providers {

class TextStitcher {
 public:
  /// The text that is certain now; what may still become a character is held back. Malformed bytes
  /// become U+FFFD. The view is valid until the next call, and while `piece` is.
  std::string_view push(std::string_view piece);
  /// No more pieces: what was held back, as U+FFFD.
  std::string_view finish();

 private:
  std::string held_;  // at most five bytes
  std::string joined_;
};

/// Makes valid UTF-8 of a complete text (JSON strings of upstreams: names, ids, messages).
std::string to_valid_utf8(std::string_view text);

}  // namespace taskgate::providers

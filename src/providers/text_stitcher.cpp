#include "providers/text_stitcher.hpp"

#include <algorithm>
#include <cstddef>

namespace taskgate::providers {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

enum class Step { character, high_surrogate, low_surrogate, broken, incomplete };
struct Look {
  Step step;
  std::size_t bytes;  // of it; for broken and incomplete: how many belong together
};

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

bool is_continuation(unsigned byte) noexcept {
  return (byte & 0xC0) == 0x80;
}

// One sequence at the front (Unicode 15 table 3-7), surrogates told apart.
Look look_at(std::string_view text) noexcept {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return {Step::character, 1};
  if (first < 0xC2 || first > 0xF4) return {Step::broken, 1};
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < 2) return {Step::incomplete, 1};
  const unsigned second = byte_at(text, 1);
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return {Step::broken, 1};
  for (std::size_t i = 2; i < length; ++i) {
    if (i >= text.size()) return {Step::incomplete, i};
    if (!is_continuation(byte_at(text, i))) return {Step::broken, i};
  }
  if (first == 0xED && second >= 0xA0) {
    return {second >= 0xB0 ? Step::low_surrogate : Step::high_surrogate, 3};
  }
  return {Step::character, length};
}

unsigned surrogate_bits(std::string_view three) noexcept {
  return ((byte_at(three, 1) & 0x0F) << 6) | (byte_at(three, 2) & 0x3F);
}

void append_pair(std::string& out, std::string_view high, std::string_view low) {
  const unsigned code = 0x10000 + (surrogate_bits(high) << 10) + (surrogate_bits(low) & 0x3FF);
  out.push_back(static_cast<char>(0xF0 | (code >> 18)));
  out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
  out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
  out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
}

// Appends what is certain of `text`; returns how many bytes at its end may still become a
// character.
std::size_t stitch(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Look now = look_at(text);
    if (now.step == Step::incomplete) return text.size();
    if (now.step == Step::character) {
      out.append(text.substr(0, now.bytes));
    } else if (now.step == Step::high_surrogate) {
      const std::string_view rest = text.substr(3);
      if (rest.empty() || (rest.front() == '\xED' && look_at(rest).step == Step::incomplete)) {
        return text.size();
      }
      const Look next = look_at(rest);
      if (next.step == Step::low_surrogate) {
        append_pair(out, text, rest);
        text.remove_prefix(3);
      } else {
        out.append(kReplacement);
      }
    } else {
      out.append(kReplacement);
    }
    text.remove_prefix(now.bytes);
  }
  return 0;
}

bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

}  // namespace

std::string_view TextStitcher::push(std::string_view piece) {
  if (held_.empty() && is_plain(piece)) return piece;
  held_.append(piece);
  joined_.clear();
  const std::size_t left = stitch(joined_, held_);
  held_.erase(0, held_.size() - left);
  return joined_;
}

std::string_view TextStitcher::finish() {
  joined_.clear();
  // The halves and bytes that never got their rest; a held high surrogate counts as one character.
  while (!held_.empty()) {
    joined_.append(kReplacement);
    held_.erase(0, look_at(held_).bytes);
  }
  return joined_;
}

std::string to_valid_utf8(std::string_view text) {
  TextStitcher stitcher;
  std::string valid(stitcher.push(text));
  valid.append(stitcher.finish());
  return valid;
}

}  // namespace taskgate::providers

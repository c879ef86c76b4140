#include "taskgate/core/json_guard.hpp"

#include <cstdint>
#include <cstring>

namespace taskgate {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// High bit set in (at least) the first byte of `word` that is zero.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

// How many bytes from `pos` on are plain text of a string, found eight at a time: ASCII other than
// quote, backslash and NUL. May stop early, never late.
std::size_t plain_run(std::string_view text, std::size_t pos) {
  const std::size_t start = pos;
  while (pos + 8 <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + pos, 8);
    const std::uint64_t special = (word & kHighs) | zero_bytes(word) |
                                  zero_bytes(word ^ (kOnes * '"')) |
                                  zero_bytes(word ^ (kOnes * '\\'));
    if (special != 0) break;
    pos += 8;
  }
  return pos - start;
}

bool is_continuation(std::uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

// Length of the well-formed sequence that starts at `pos` with a byte above 0x7F; 0 when there is
// none. The Unicode Standard 15, table 3-7.
std::size_t multibyte_length(std::string_view text, std::size_t pos) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const std::uint8_t lead = at(pos);
  const std::uint8_t second = at(pos + 1);
  if (lead >= 0xC2 && lead <= 0xDF) return is_continuation(second) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
    const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
    return second >= low && second <= high && is_continuation(at(pos + 2)) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;  // not past U+10FFFF
    const bool tail = is_continuation(at(pos + 2)) && is_continuation(at(pos + 3));
    return second >= low && second <= high && tail ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string to_string(const JsonFault& fault) {
  const std::string at = " at byte " + std::to_string(fault.offset);
  switch (fault.kind) {
    case JsonFaultKind::too_large:
      return "larger than " + std::to_string(fault.offset) + " bytes";
    case JsonFaultKind::too_deep:
      return "nested deeper than allowed" + at;
    case JsonFaultKind::nul_byte:
      return "holds a NUL" + at;
    case JsonFaultKind::invalid_utf8:
      return "is not valid UTF-8" + at;
  }
  return "refused" + at;
}

std::optional<JsonFault> guard_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) return JsonFault{JsonFaultKind::too_large, limits.max_bytes};
  std::size_t depth = 0;
  bool in_string = false;
  std::size_t pos = 0;
  while (pos < text.size()) {
    if (in_string) {
      pos += plain_run(text, pos);
      if (pos == text.size()) break;
    }
    const auto byte = static_cast<std::uint8_t>(text[pos]);
    if (byte == 0) return JsonFault{JsonFaultKind::nul_byte, pos};
    if (byte >= 0x80) {
      const std::size_t length = multibyte_length(text, pos);
      if (length == 0) return JsonFault{JsonFaultKind::invalid_utf8, pos};
      pos += length;
      continue;
    }
    if (byte == '"') {
      in_string = !in_string;
    } else if (in_string) {
      // An escaped quote does not end the string. Only printable ASCII may be skipped unseen.
      if (byte == '\\' && pos + 1 < text.size() && (text[pos + 1] == '"' || text[pos + 1] == '\\'))
        ++pos;
    } else if (byte == '{' || byte == '[') {
      if (++depth > limits.max_depth) return JsonFault{JsonFaultKind::too_deep, pos};
    } else if ((byte == '}' || byte == ']') && depth > 0) {
      --depth;
    }
    ++pos;
  }
  return std::nullopt;
}

std::optional<JsonFault> guard_json(std::string_view text) {
  return guard_json(text, JsonLimits{});
}

}  // namespace taskgate

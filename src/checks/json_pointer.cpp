#include "checks/json_pointer.hpp"

#include "taskgate/core/json_pointer.hpp"

#include <algorithm>
#include <cstdint>

namespace taskgate::checks {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Four hexadecimal digits at `pos`; nullopt when they are not there.
std::optional<std::uint32_t> hex4(std::string_view raw, std::size_t pos) {
  if (pos + 4 > raw.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = pos; i < pos + 4; ++i) {
    const char c = raw[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

// The character of a \u escape whose `u` stands before `pos`; moves `pos` past all that it took.
void append_unicode_escape(std::string& out, std::string_view raw, std::size_t& pos) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const auto first = hex4(raw, pos);
  if (!first) {
    pos = raw.size();
    return;
  }
  pos += 4;
  std::uint32_t code = *first;
  if (code >= 0xD800 && code < 0xDC00 && raw.substr(pos, 2) == "\\u") {
    const auto second = hex4(raw, pos + 2);
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (*second - 0xDC00);
      pos += 6;
    }
  }
  append_utf8(out, code >= 0xD800 && code < 0xE000 ? kReplacement : code);
}

}  // namespace

std::optional<std::vector<std::string>> split_pointer(std::string_view pointer) {
  std::vector<std::string> segments;
  if (pointer.empty()) return segments;
  if (pointer.front() != '/') return std::nullopt;
  for (std::size_t begin = 1; begin <= pointer.size();) {
    const auto end = std::min(pointer.find('/', begin), pointer.size());
    segments.push_back(unescaped_pointer_segment(pointer.substr(begin, end - begin)));
    begin = end + 1;
  }
  return segments;
}

std::string_view parent_pointer(std::string_view pointer) {
  const auto slash = pointer.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : pointer.substr(0, slash);
}

std::string unescape_json(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  std::size_t pos = 0;
  while (pos < raw.size()) {
    const auto slash = raw.find('\\', pos);
    out += raw.substr(pos, slash == std::string_view::npos ? slash : slash - pos);
    if (slash == std::string_view::npos || slash + 1 >= raw.size()) break;
    const char escape = raw[slash + 1];
    pos = slash + 2;
    constexpr std::string_view kNames = "bfnrt";
    constexpr std::string_view kValues = "\b\f\n\r\t";
    if (escape == 'u') {
      append_unicode_escape(out, raw, pos);
    } else if (const auto at = kNames.find(escape); at != std::string_view::npos) {
      out += kValues[at];
    } else {
      out += escape;
    }
  }
  return out;
}

}  // namespace taskgate::checks

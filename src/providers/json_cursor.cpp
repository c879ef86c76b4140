#include "providers/json_cursor.hpp"

#include <charconv>
#include <cstring>

namespace taskgate::providers {
namespace {

constexpr int kMaxNesting = 256;

bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<unsigned> hex_unit(std::string_view digits) noexcept {
  if (digits.size() < 4) return std::nullopt;
  unsigned unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(digits[static_cast<std::size_t>(i)]);
    if (digit < 0) return std::nullopt;
    unit = unit * 16 + static_cast<unsigned>(digit);
  }
  return unit;
}

void append_code_unit(std::string& out, unsigned unit) {
  if (unit < 0x80) {
    out.push_back(static_cast<char>(unit));
  } else if (unit < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (unit >> 6)));
    out.push_back(static_cast<char>(0x80 | (unit & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | (unit >> 12)));
    out.push_back(static_cast<char>(0x80 | ((unit >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (unit & 0x3F)));
  }
}

char simple_escape(char c) noexcept {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    default:
      return c;  // '"', '\\', '/'; anything else is the upstream's fault and stays as it is
  }
}

}  // namespace

void JsonCursor::skip_space() noexcept {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool JsonCursor::expect(char c) noexcept {
  skip_space();
  if (failed_ || at_ >= text_.size() || text_[at_] != c) return fail();
  ++at_;
  return true;
}

bool JsonCursor::open(char c) noexcept {
  return expect(c);
}

bool JsonCursor::close(char c) noexcept {
  skip_space();
  if (failed_ || at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonCursor::comma() noexcept {
  return close(',');
}

bool JsonCursor::string(std::string_view& raw) noexcept {
  if (!expect('"')) return false;
  const std::size_t begin = at_;
  std::size_t quote = 0;
  bool quote_known = false;
  for (;;) {
    if (!quote_known || quote < at_) {
      quote = text_.find('"', at_);
      quote_known = true;
    }
    if (quote == std::string_view::npos) return fail();
    const void* slash = std::memchr(text_.data() + at_, '\\', quote - at_);
    if (slash == nullptr) break;
    at_ = static_cast<std::size_t>(static_cast<const char*>(slash) - text_.data()) + 2;
    if (at_ > text_.size()) return fail();
  }
  raw = text_.substr(begin, quote - begin);
  at_ = quote + 1;
  return true;
}

std::string_view JsonCursor::value() noexcept {
  skip_space();
  const std::size_t begin = at_;
  if (failed_ || at_ >= text_.size()) {
    fail();
    return {};
  }
  const char first = text_[at_];
  std::string_view ignored;
  bool fine = false;
  if (first == '"') {
    fine = string(ignored);
  } else if (first == '{' || first == '[') {
    fine = skip_nested();
  } else {
    fine = skip_scalar();
  }
  return fine ? text_.substr(begin, at_ - begin) : std::string_view();
}

// Matches brackets only: nobody looks at what is in there, or looks again with a cursor of its own.
bool JsonCursor::skip_nested() noexcept {
  std::string open_brackets;
  std::string_view ignored;
  do {
    at_ = text_.find_first_of("{}[]\"", at_);
    if (at_ == std::string_view::npos) {
      at_ = text_.size();
      return fail();
    }
    const char c = text_[at_];
    if (c == '"') {
      if (!string(ignored)) return false;
      continue;
    }
    ++at_;
    if (c == '{' || c == '[') {
      open_brackets.push_back(c == '{' ? '}' : ']');
      if (open_brackets.size() > kMaxNesting) return fail();
    } else {
      if (open_brackets.back() != c) return fail();
      open_brackets.pop_back();
    }
  } while (!open_brackets.empty());
  return true;
}

bool JsonCursor::skip_scalar() noexcept {
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const bool part = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' ||
                      c == '.' || c == 'E';
    if (!part) break;
    ++at_;
  }
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word == "null" || word == "true" || word == "false") return true;
  const bool number = !word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
  return number || fail();
}

bool JsonCursor::at_end() noexcept {
  skip_space();
  return !failed_ && at_ == text_.size();
}

std::optional<std::string_view> raw_string(std::string_view value) noexcept {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  return value.substr(1, value.size() - 2);
}

std::optional<std::int64_t> raw_integer(std::string_view value) noexcept {
  std::int64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc()) return std::nullopt;
  // "12.0" counts as 12: some servers compute token counts in floating point.
  if (stop != end && *stop != '.') return std::nullopt;
  return number;
}

bool is_null_or_absent(std::string_view value) noexcept {
  return value.empty() || value == "null";
}

void append_unescaped(std::string& out, std::string_view raw) {
  for (;;) {
    const std::size_t slash = raw.find('\\');
    out.append(raw.substr(0, slash));
    if (slash == std::string_view::npos || slash + 1 >= raw.size()) return;
    const char kind = raw[slash + 1];
    raw.remove_prefix(slash + 2);
    if (kind != 'u') {
      out.push_back(simple_escape(kind));
    } else if (const auto unit = hex_unit(raw)) {
      append_code_unit(out, *unit);
      raw.remove_prefix(4);
    } else {
      append_code_unit(out, 0xFFFD);
    }
  }
}

std::string unescape(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  append_unescaped(out, raw);
  return out;
}

}  // namespace taskgate::providers

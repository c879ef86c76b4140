#include "observe/render.hpp"

#include "taskgate/observe/redact.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <type_traits>

namespace taskgate::log {
namespace {

constexpr std::size_t kLongestText = 2048;  // bytes of one value

// Cut where a character begins, so that the line stays UTF-8.
std::string_view cut(std::string_view text) {
  if (text.size() <= kLongestText) return text;
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

// RFC 8259 §7. C1 controls and bytes that are not UTF-8 pass: stderr is bytes, not a parser.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escape.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7F || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

void append_text(std::string& out, Format format, std::string_view text) {
  if (format == Format::json || needs_quotes(text)) {
    append_quoted(out, text);
  } else {
    out += text;
  }
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_value(std::string& out, Format format, const Field& field) {
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
          out += value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          const bool secret = is_secret_name(field.key) && !value.empty();
          append_text(out, format, secret ? "…" : redact(cut(value)));
        } else if constexpr (std::is_same_v<T, double>) {
          if (std::isfinite(value)) {
            append_number(out, value);
          } else {
            out += "null";  // JSON has no other word for it
          }
        } else {
          append_number(out, value);
        }
      },
      field.value.get());
}

}  // namespace

std::string render(Format format, std::string_view event, Fields fields) {
  std::string out;
  out.reserve(128);
  if (format == Format::json) out += "\"event\":";
  if (format == Format::logfmt) out += "event=";
  append_text(out, format, cut(event));
  for (const auto& field : fields) {
    if (format == Format::json) {
      out += ',';
      append_quoted(out, field.key);
      out += ':';
    } else {
      out += ' ';
      out += field.key;
      out += '=';
    }
    append_value(out, format, field);
  }
  return out;
}

}  // namespace taskgate::log

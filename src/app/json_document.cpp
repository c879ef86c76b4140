#include "app/json_document.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace taskgate::app {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 32;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Recursive descent. Every read_… returns false when reading must stop; the fault is then noted.
class DocumentReader {
 public:
  explicit DocumentReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) pos_ = 3;
  }

  JsonDocument read() {
    document_.complete = read_whole();
    return std::move(document_);
  }

 private:
  bool read_whole() {
    if (!skip_blank()) return false;
    if (!read_value(document_.root, "", 0) || !skip_blank()) return false;
    if (pos_ < text_.size()) return stop(here(), "", "unexpected text after the end", "");
    return true;
  }

  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }
  Span here() const { return {pos_, std::min(pos_ + 1, text_.size())}; }

  void note(Span span, const std::string& pointer, std::string message, std::string hint) {
    document_.faults.push_back({span, pointer, std::move(message), std::move(hint)});
  }
  bool stop(Span span, const std::string& pointer, std::string message, std::string hint) {
    note(span, pointer, std::move(message), std::move(hint));
    return false;
  }
  // What stands here, for "got …". Words are not repeated: one may be a secret without its quotes.
  std::string found() const {
    constexpr std::string_view kMarks = ",:{}[]'";
    if (pos_ >= text_.size()) return "the end of the file";
    if (kMarks.find(text_[pos_]) == std::string_view::npos) return "a bare word";
    return std::string("`") + text_[pos_] + "`";
  }

  bool skip_blank() {
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++pos_;
      } else if (text_.substr(pos_, 2) == "//") {
        pos_ = std::min(text_.find('\n', pos_), text_.size());
      } else if (text_.substr(pos_, 2) == "/*") {
        const auto end = text_.find("*/", pos_ + 2);
        if (end == std::string_view::npos)
          return stop({pos_, pos_ + 2}, "", "this comment is not closed", "end it with */");
        pos_ = end + 2;
      } else {
        break;
      }
    }
    return true;
  }

  bool read_value(json& out, const std::string& pointer, std::size_t depth) {
    const std::size_t begin = pos_;
    // Open to the end of the text until it is known: what is shown of a broken value is masked so.
    document_.values[pointer] = {begin, text_.size()};
    if (depth > kDeepest) return stop(here(), pointer, "nested too deep", "");
    bool good = false;
    if (peek() == '{') {
      good = read_object(out, pointer, depth);
    } else if (peek() == '[') {
      good = read_array(out, pointer, depth);
    } else if (peek() == '"') {
      std::string text;
      good = read_string(text, pointer);
      out = std::move(text);
    } else if (peek() == '-' || is_digit(peek())) {
      good = read_number(out, pointer);
    } else {
      good = read_word(out, pointer);
    }
    if (good) document_.values[pointer] = {begin, pos_};
    return good;
  }

  bool read_word(json& out, const std::string& pointer) {
    constexpr std::pair<std::string_view, std::optional<bool>> kWords[] = {
        {"true", true}, {"false", false}, {"null", std::nullopt}};
    for (const auto& [word, value] : kWords) {
      if (!text_.substr(pos_).starts_with(word)) continue;
      pos_ += word.size();
      if (value) {
        out = *value;
      } else {
        out = nullptr;
      }
      return true;
    }
    const std::string what = found();
    const bool is_text = what == "a bare word" || peek() == '\'';
    return stop(here(), pointer, "expected a value, got " + what,
                is_text ? "text stands in double quotes" : "");
  }

  bool read_number(json& out, const std::string& pointer) {
    const std::size_t begin = pos_;
    if (peek() == '-') ++pos_;
    const std::size_t first_digit = pos_;
    while (is_digit(peek())) ++pos_;
    bool good = pos_ > first_digit && (text_[first_digit] != '0' || pos_ == first_digit + 1);
    bool whole = true;
    if (peek() == '.') {
      whole = false;
      const std::size_t first = ++pos_;
      while (is_digit(peek())) ++pos_;
      good = good && pos_ > first;
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++pos_;
      if (peek() == '+' || peek() == '-') ++pos_;
      const std::size_t first = pos_;
      while (is_digit(peek())) ++pos_;
      good = good && pos_ > first;
    }
    const std::string_view token = text_.substr(begin, pos_ - begin);
    if (!good || !store_number(out, token, whole))
      return stop({begin, pos_}, pointer, "this is not a number", "");
    return true;
  }

  static bool store_number(json& out, std::string_view token, bool whole) {
    std::int64_t integer = 0;
    const char* const end = token.data() + token.size();
    if (whole && std::from_chars(token.data(), end, integer).ec == std::errc{}) {
      out = integer;
      return true;
    }
    double number = 0;
    if (std::from_chars(token.data(), end, number).ec != std::errc{}) return false;
    out = number;
    return true;
  }

  bool read_string(std::string& out, const std::string& pointer) {
    const std::size_t begin = pos_++;
    while (pos_ < text_.size() && text_[pos_] != '\n') {
      const char c = text_[pos_];
      if (c == '"') {
        ++pos_;
        return true;
      }
      if (c == '\\') {
        if (!read_escape(out)) {
          note({pos_, pos_ + 1}, pointer, "this escape does not exist in JSON",
               R"(write \\ for a backslash)");
          out += text_[pos_++];
        }
      } else {
        if (static_cast<unsigned char>(c) < 0x20)
          note(here(), pointer, "a control character must be escaped", R"(write \t for a tab)");
        out += c;
        ++pos_;
      }
    }
    return stop({begin, begin + 1}, pointer, "this text is not closed", "end it with \"");
  }

  // At a backslash. False: no such escape, nothing consumed.
  bool read_escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = pos_ + 1 < text_.size() ? text_[pos_ + 1] : '\0';
    if (letter == 'u') return read_unicode_escape(out);
    const auto known = kLetters.find(letter);
    if (letter == '\0' || known == std::string_view::npos) return false;
    out += kMeanings[known];
    pos_ += 2;
    return true;
  }

  std::optional<std::uint32_t> four_hex_digits(std::size_t at) const {
    if (at + 4 > text_.size()) return std::nullopt;
    std::uint32_t code = 0;
    const char* const begin = text_.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 4, code, 16);
    return error == std::errc{} && end == begin + 4 ? std::optional(code) : std::nullopt;
  }

  bool read_unicode_escape(std::string& out) {
    const auto first = four_hex_digits(pos_ + 2);
    if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return false;
    if (*first < 0xD800 || *first > 0xDBFF) {
      append_utf8(out, *first);
      pos_ += 6;
      return true;
    }
    if (text_.substr(pos_ + 6, 2) != "\\u") return false;
    const auto second = four_hex_digits(pos_ + 8);
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
    append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
    pos_ += 12;
    return true;
  }

  bool read_array(json& out, const std::string& pointer, std::size_t depth) {
    const std::size_t open = pos_++;
    out = json::array();
    for (;;) {
      if (!skip_blank()) return false;
      if (peek() == ']') break;
      json item;
      if (pos_ >= text_.size()) return not_closed(open, pointer, ']');
      if (!read_value(item, pointer_child(pointer, std::to_string(out.size())), depth + 1))
        return false;
      out.push_back(std::move(item));
      if (!read_separator(open, pointer, ']')) return false;
    }
    ++pos_;
    return true;
  }

  bool read_object(json& out, const std::string& pointer, std::size_t depth) {
    const std::size_t open = pos_++;
    out = json::object();
    for (;;) {
      if (!skip_blank()) return false;
      if (peek() == '}') break;
      if (pos_ >= text_.size()) return not_closed(open, pointer, '}');
      if (!read_member(out, pointer, depth)) return false;
      if (!read_separator(open, pointer, '}')) return false;
    }
    ++pos_;
    return true;
  }

  bool read_member(json& out, const std::string& pointer, std::size_t depth) {
    const std::size_t begin = pos_;
    if (peek() != '"')
      return stop(here(), pointer, "expected a key in double quotes, got " + found(), "");
    std::string key;
    if (!read_string(key, pointer)) return false;
    const Span key_span{begin, pos_};
    if (!skip_blank()) return false;
    if (peek() != ':')
      return stop(here(), pointer, "expected `:` after \"" + key + "\", got " + found(), "");
    ++pos_;
    if (!skip_blank()) return false;
    std::string child = pointer_child(pointer, key);
    const bool twice = out.contains(key);
    if (twice) {
      const auto first = locate(text_, document_.keys[child].begin);
      note(key_span, child, "\"" + key + "\" is given twice",
           "first on line " + std::to_string(first.line));
      child += " (again)";  // the second must not take the first one's place in the maps
    }
    document_.keys[child] = key_span;
    json value;
    if (!read_value(value, child, depth + 1)) return false;
    if (!twice) out[key] = std::move(value);
    return true;
  }

  // After a value: a comma, or the closing bracket (left for the caller).
  bool read_separator(std::size_t open, const std::string& pointer, char close) {
    const std::size_t value_end = pos_;
    if (!skip_blank()) return false;
    if (peek() == close) return true;
    if (pos_ >= text_.size()) return not_closed(open, pointer, close);
    if (peek() == ',') {
      const Span comma = here();
      ++pos_;
      if (!skip_blank()) return false;
      if (peek() == close) note(comma, pointer, "a comma before the end", "remove it");
      return true;
    }
    if (peek() == '"' || peek() == '{' || peek() == '[') {
      note({value_end - 1, value_end}, pointer, "a comma is missing after this", "");
      return true;
    }
    return stop(here(), pointer, std::string("expected `,` or `") + close + "`, got " + found(),
                "");
  }

  bool not_closed(std::size_t open, const std::string& pointer, char close) {
    return stop({open, open + 1}, pointer, "this is not closed",
                std::string("end it with ") + close);
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  JsonDocument document_;
};

}  // namespace

JsonDocument parse_json_document(std::string_view text) {
  return DocumentReader(text).read();
}

std::string pointer_child(const std::string& pointer, std::string_view key) {
  std::string child = pointer + '/';
  for (const char c : key) {
    if (c == '~') {
      child += "~0";
    } else if (c == '/') {
      child += "~1";
    } else {
      child += c;
    }
  }
  return child;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

LineColumn locate(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto newline = before.rfind('\n');
  LineColumn place;
  place.line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  place.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  place.column = 1 + count_characters(before.substr(place.line_begin));
  place.line_text = text.substr(place.line_begin);
  place.line_text = place.line_text.substr(0, place.line_text.find('\n'));
  if (place.line_text.ends_with('\r')) place.line_text.remove_suffix(1);
  return place;
}

}  // namespace taskgate::app

#include "taskgate/checks/json_scanner.hpp"

#include "checks/json_pointer.hpp"
#include "taskgate/core/json_pointer.hpp"

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxKey = 256;  // bytes of a key that a pointer repeats

bool is_blank(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}
bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

}  // namespace

std::size_t JsonScanner::feed(std::string_view piece) {
  std::size_t pos = 0;
  while (pos < piece.size()) {
    if (expect_ == Expect::failed) return pos;
    if (expect_ == Expect::in_string && escape_ == 0) {  // the bulk of most answers
      const std::size_t start = pos;
      while (pos < piece.size() && piece[pos] != '"' && piece[pos] != '\\' &&
             static_cast<unsigned char>(piece[pos]) >= 0x20)
        ++pos;
      offset_ += pos - start;
      if (pos == piece.size()) return pos;
    }
    const char byte = piece[pos];
    if (expect_ == Expect::nothing && !is_blank(byte)) return pos;
    const bool root_number = expect_ == Expect::in_number && depth_ == 0;
    if (!step(byte)) return pos;
    if (root_number && expect_ == Expect::nothing && !is_blank(byte)) return pos;  // not its own
    ++offset_;
    ++pos;
  }
  return pos;
}

bool JsonScanner::fail() {
  expect_ = Expect::failed;
  return false;
}

bool JsonScanner::number_may_end() const noexcept {
  return number_ == Number::zero || number_ == Number::digits || number_ == Number::fraction ||
         number_ == Number::exponent;
}

ScanState JsonScanner::state() const noexcept {
  if (expect_ == Expect::failed) return ScanState::invalid;
  if (expect_ == Expect::nothing) return ScanState::complete;
  if (depth_ == 0 && expect_ == Expect::value) return ScanState::empty;
  if (depth_ == 0 && expect_ == Expect::in_number && number_may_end()) return ScanState::complete;
  return ScanState::open;
}

void JsonScanner::value_ended(std::size_t end) {
  key_complete_ = false;
  expect_ = depth_ == 0 ? Expect::nothing : Expect::comma_or_end;
  if (depth_ > 0) safe_length_ = end;
}

bool JsonScanner::open(char byte) {
  if (depth_ == kMaxDepth) return fail();
  Frame& frame = frames_[depth_++];
  frame.is_object = byte == '{';
  frame.index = 0;
  frame.key.clear();
  key_complete_ = false;
  expect_ = frame.is_object ? Expect::first_key_or_end : Expect::first_value_or_end;
  safe_length_ = offset_ + 1;
  return true;
}

bool JsonScanner::close(char byte) {
  if (frames_[depth_ - 1].is_object != (byte == '}')) return fail();
  --depth_;
  value_ended(offset_ + 1);
  return true;
}

bool JsonScanner::begin_value(char byte) {
  literal_ = {};
  switch (byte) {
    case '{':
    case '[':
      return open(byte);
    case '"':
      expect_ = Expect::in_string;
      escape_ = 0;
      return true;
    case 't':
      literal_ = "true";
      break;
    case 'f':
      literal_ = "false";
      break;
    case 'n':
      literal_ = "null";
      break;
    default:
      if (byte != '-' && !is_digit(byte)) return fail();
      expect_ = Expect::in_number;
      number_ = byte == '-' ? Number::minus : byte == '0' ? Number::zero : Number::digits;
      return true;
  }
  expect_ = Expect::in_literal;
  literal_pos_ = 1;
  return true;
}

bool JsonScanner::string_byte(char byte) {
  if (escape_ == 1) {
    if (byte == 'u') {
      escape_ = 5;
    } else if (std::string_view("\"\\/bfnrt").find(byte) != std::string_view::npos) {
      escape_ = 0;
    } else {
      return fail();
    }
  } else if (escape_ > 1) {
    if (!is_hex(byte)) return fail();
    escape_ = escape_ == 2 ? 0 : escape_ - 1;
  } else if (byte == '\\') {
    escape_ = 1;
  } else if (byte == '"') {
    if (expect_ == Expect::in_key) {
      expect_ = Expect::colon;
      key_complete_ = true;
    } else {
      value_ended(offset_ + 1);
    }
    return true;
  } else if (static_cast<unsigned char>(byte) < 0x20) {
    return fail();
  }
  if (expect_ == Expect::in_key) {
    std::string& key = frames_[depth_ - 1].key;
    if (key.size() < kMaxKey) key += byte;
  }
  return true;
}

bool JsonScanner::number_byte(char byte) {
  const bool digit = is_digit(byte);
  switch (number_) {
    case Number::minus:
      if (!digit) return fail();
      number_ = byte == '0' ? Number::zero : Number::digits;
      return true;
    case Number::zero:
    case Number::digits:
      if (digit && number_ == Number::digits) return true;
      if (digit) return fail();
      if (byte == '.') return number_ = Number::dot, true;
      if (byte == 'e' || byte == 'E') return number_ = Number::e, true;
      break;
    case Number::dot:
      if (!digit) return fail();
      number_ = Number::fraction;
      return true;
    case Number::fraction:
      if (digit) return true;
      if (byte == 'e' || byte == 'E') return number_ = Number::e, true;
      break;
    case Number::e:
      if (byte == '+' || byte == '-') return number_ = Number::e_sign, true;
      [[fallthrough]];
    case Number::e_sign:
      if (!digit) return fail();
      number_ = Number::exponent;
      return true;
    case Number::exponent:
      if (digit) return true;
      break;
  }
  value_ended(offset_);  // this byte is not the number's any more
  return expect_ == Expect::nothing ? true : step(byte);
}

bool JsonScanner::step(char byte) {
  switch (expect_) {
    case Expect::in_key:
    case Expect::in_string:
      return string_byte(byte);
    case Expect::in_number:
      return number_byte(byte);
    case Expect::in_literal:
      if (byte != literal_[literal_pos_]) return fail();
      if (++literal_pos_ == literal_.size()) value_ended(offset_ + 1);
      return true;
    default:
      break;
  }
  if (is_blank(byte)) return true;
  switch (expect_) {
    case Expect::value:
      return begin_value(byte);
    case Expect::first_value_or_end:
      return byte == ']' ? close(byte) : begin_value(byte);
    case Expect::first_key_or_end:
      if (byte == '}') return close(byte);
      [[fallthrough]];
    case Expect::key:
      if (byte != '"') return fail();
      frames_[depth_ - 1].key.clear();
      expect_ = Expect::in_key;
      escape_ = 0;
      return true;
    case Expect::colon:
      if (byte != ':') return fail();
      expect_ = Expect::value;
      return true;
    case Expect::comma_or_end:
      if (byte == '}' || byte == ']') return close(byte);
      if (byte != ',') return fail();
      ++frames_[depth_ - 1].index;
      expect_ = frames_[depth_ - 1].is_object ? Expect::key : Expect::value;
      return true;
    default:
      return fail();
  }
}

std::string JsonScanner::cut_pointer() const {
  std::string pointer;
  for (std::size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    const bool innermost = i + 1 == depth_;
    if (frame.is_object) {
      if (innermost && !key_complete_) break;
      append_pointer_segment(pointer, unescape_json(frame.key));
    } else {
      if (innermost && (expect_ == Expect::comma_or_end)) break;
      append_pointer_segment(pointer, frame.index);
    }
  }
  return pointer;
}

std::string JsonScanner::closers() const {
  std::string out;
  out.reserve(depth_);
  for (std::size_t i = depth_; i > 0; --i) out += frames_[i - 1].is_object ? '}' : ']';
  return out;
}

ScanState scan_json(std::string_view text, JsonScanner& scanner) {
  const std::size_t taken = scanner.feed(text);
  return taken == text.size() ? scanner.state() : ScanState::invalid;
}

std::optional<std::string> closed_repair(std::string_view text, const JsonScanner& scanner) {
  if (!scanner.is_closable() || scanner.safe_length() > text.size()) return std::nullopt;
  return std::string(text.substr(0, scanner.safe_length())) + scanner.closers();
}

}  // namespace taskgate::checks

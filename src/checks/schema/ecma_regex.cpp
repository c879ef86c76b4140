#include "checks/schema/ecma_regex.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

namespace taskgate::checks::schema {
namespace {

// What \s and \S mean in ECMA-262: white space, line terminators, Zs and U+FEFF. RE2 knows only the
// ASCII ones, and its classes cannot be subtracted from, so that the complement is written out.
constexpr std::string_view kSpace =
    "\\x{9}-\\x{D}\\x{20}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}"
    "\\x{3000}\\x{FEFF}";
constexpr std::string_view kNotSpace =
    "\\x{0}-\\x{8}\\x{E}-\\x{1F}\\x{21}-\\x{9F}\\x{A1}-\\x{167F}\\x{1681}-\\x{1FFF}"
    "\\x{200B}-\\x{2027}\\x{202A}-\\x{202E}\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}"
    "\\x{3001}-\\x{FEFE}\\x{FF00}-\\x{10FFFF}";
constexpr std::string_view kAnything = "[\\x{0}-\\x{10FFFF}]";
constexpr std::string_view kNothing = "[^\\x{0}-\\x{10FFFF}]";
constexpr std::string_view kNotLineEnd = "[^\\n\\r\\x{2028}\\x{2029}]";

constexpr int kRe2MaxRepeat = 1000;  // RE2: kMaxRepeat
constexpr int kMaxRepeat = 10'000;   // written out as repeats of 1,000 side by side
constexpr std::size_t kMaxUnitBytes = 16U << 10;

bool is_letter_or_digit(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_value(char32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return -1;
}

std::string code_point(char32_t c) {
  std::array<char, 8> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::uint32_t>(c), 16)
          .ptr;
  return "\\x{" + std::string(digits.data(), end) + "}";
}

// One character of a class, or a set of them written as items of an RE2 class.
struct ClassAtom {
  std::optional<char32_t> single;
  std::string set;
};

class EcmaTranslator {
 public:
  explicit EcmaTranslator(std::string_view pattern) : in_(pattern) {}

  boost::system::result<std::string, RegexFault> run() {
    while (!fault_ && pos_ < in_.size()) step();
    if (!fault_ && !groups_.empty()) fail("a group is not closed");
    if (fault_) return *fault_;
    return std::move(out_);
  }

 private:
  bool looking_at(std::string_view text) const { return in_.substr(pos_).starts_with(text); }
  bool take(std::string_view text) {
    if (!looking_at(text)) return false;
    pos_ += text.size();
    return true;
  }

  void fail(std::string message, RegexFault::Kind kind = RegexFault::Kind::malformed) {
    if (!fault_) fault_ = RegexFault{kind, std::move(message), pos_};
  }
  void unsupported(std::string message) { fail(std::move(message), RegexFault::Kind::unsupported); }

  // The next character; the text is valid UTF-8.
  char32_t next() {
    const auto byte = [&](std::size_t i) -> char32_t {
      return pos_ + i < in_.size() ? static_cast<unsigned char>(in_[pos_ + i]) : 0U;
    };
    const char32_t lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (byte(i) & 0x3F);
    pos_ = std::min(pos_ + length, in_.size());
    return c;
  }

  void atom(std::string_view text) {
    atom_ = out_.size();
    out_ += text;
  }
  void assertion(std::string_view text) {
    atom_.reset();
    out_ += text;
  }

  void step() {
    switch (in_[pos_]) {
      case '(':
        return open_group();
      case ')':
        return close_group();
      case '[':
        return character_class();
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        return quantify(std::string(1, in_[pos_++]));
      case '{':
        return braces();
      case '|':
        ++pos_;
        return assertion("|");
      case '^':
        ++pos_;
        return assertion("^");
      case '$':
        ++pos_;
        return assertion("$");
      case '.':
        ++pos_;
        return atom(kNotLineEnd);
      default:
        literal(next());
    }
  }

  void literal(char32_t c) {
    if (is_letter_or_digit(c)) return atom(std::string(1, static_cast<char>(c)));
    atom(code_point(c));
  }

  void open_group() {
    for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"}) {
      if (looking_at(look)) return unsupported("lookahead and lookbehind are not supported");
    }
    if (take("(?<")) {
      const std::size_t end = in_.find('>', pos_);
      if (end == std::string_view::npos || end == pos_) return fail("a group has no name");
      pos_ = end + 1;
    } else if (!take("(?:")) {
      if (looking_at("(?")) return fail("an unknown kind of group");
      ++pos_;
    }
    groups_.push_back(out_.size());
    assertion("(?:");
  }

  void close_group() {
    if (groups_.empty()) return fail("a ')' without its '('");
    ++pos_;
    out_ += ')';
    atom_ = groups_.back();
    groups_.pop_back();
  }

  void quantify(std::string_view quantifier) {
    if (!atom_) return fail("nothing to repeat");
    out_ += quantifier;
    finish_quantifier();
  }

  // Whether a quantifier is lazy makes no difference to whether there is a match.
  void finish_quantifier() {
    atom_.reset();
    take("?");
  }

  std::optional<int> number() {
    int value = 0;
    const auto [end, error] = std::from_chars(in_.data() + pos_, in_.data() + in_.size(), value);
    const auto length = static_cast<std::size_t>(end - (in_.data() + pos_));
    if (length == 0 || in_[pos_] == '-') return std::nullopt;
    pos_ += length;
    return error == std::errc() ? value : kMaxRepeat + 1;
  }

  void braces() {
    const std::size_t start = pos_;
    ++pos_;
    const std::optional<int> low = number();
    std::optional<int> high = low;
    if (low && take(",")) high = number();
    if (!low || !take("}")) {
      pos_ = start + 1;
      return atom("\\{");
    }
    if (!atom_) return fail("nothing to repeat");
    if (high && *high < *low) return fail("a repetition's bounds are in the wrong order");
    if (*low > kMaxRepeat || (high && *high > kMaxRepeat))
      return unsupported("a repetition above 10000 is not supported");
    const std::string unit = out_.substr(*atom_);
    if (unit.size() > kMaxUnitBytes) return unsupported("what is repeated is too long");
    out_.resize(*atom_);
    out_ += "(?:" + repeated(unit, *low, high) + ")";
    finish_quantifier();
  }

  // x{2500,} as x{1000}x{1000}x{500}x*: RE2 stops at 1,000.
  static std::string repeated(const std::string& unit, int low, std::optional<int> high) {
    if (low <= kRe2MaxRepeat && high && *high <= kRe2MaxRepeat)
      return unit + "{" + std::to_string(low) + "," + std::to_string(*high) + "}";
    std::string out;
    int must = low;
    for (; must > 0; must -= std::min(must, kRe2MaxRepeat))
      out += unit + "{" + std::to_string(std::min(must, kRe2MaxRepeat)) + "}";
    if (!high) return out + unit + "*";
    int may = *high - low;
    for (; may > 0; may -= std::min(may, kRe2MaxRepeat))
      out += unit + "{0," + std::to_string(std::min(may, kRe2MaxRepeat)) + "}";
    return out;
  }

  void escape() {
    if (looking_at("\\b") || looking_at("\\B")) {
      assertion(in_.substr(pos_, 2));
      pos_ += 2;
      return;
    }
    const ClassAtom item = escaped();
    if (fault_) return;
    if (item.single) return literal(*item.single);
    atom("[" + item.set + "]");
  }

  // What follows a backslash, in a class or outside.
  ClassAtom escaped() {
    ++pos_;
    if (pos_ == in_.size()) return failed("a backslash at the end");
    const char32_t c = next();
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        return {std::nullopt, std::string("\\") + static_cast<char>(c)};
      case 's':
        return {std::nullopt, std::string(kSpace)};
      case 'S':
        return {std::nullopt, std::string(kNotSpace)};
      case 't':
        return {U'\t', {}};
      case 'n':
        return {U'\n', {}};
      case 'v':
        return {U'\v', {}};
      case 'f':
        return {U'\f', {}};
      case 'r':
        return {U'\r', {}};
      case 'c':
        return control();
      case 'x':
        return {hex(2), {}};
      case 'u':
        return {unicode(), {}};
      case 'p':
      case 'P':
        return property(c == 'P');
      default:
        return other_escape(c);
    }
  }

  ClassAtom other_escape(char32_t c) {
    if (c == '0') {
      if (pos_ < in_.size() && in_[pos_] >= '0' && in_[pos_] <= '9')
        return failed("an octal escape");
      return {U'\0', {}};
    }
    if ((c >= '1' && c <= '9') || c == 'k') {
      unsupported("backreferences are not supported");
      return {U'\0', {}};
    }
    if (is_letter_or_digit(c)) return failed("an unknown escape");
    return {c, {}};
  }

  ClassAtom failed(std::string message) {
    fail(std::move(message));
    return {U'\0', {}};
  }

  ClassAtom control() {
    const char32_t c = pos_ < in_.size() ? next() : 0;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter ? ClassAtom{c % 32, {}} : failed("\\c needs a letter");
  }

  char32_t hex(int digits) {
    char32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = pos_ < in_.size() ? hex_value(static_cast<unsigned char>(in_[pos_])) : -1;
      if (digit < 0) {
        fail("too few hexadecimal digits");
        return 0;
      }
      value = value * 16 + static_cast<char32_t>(digit);
      ++pos_;
    }
    return value;
  }

  char32_t unicode() {
    if (take("{")) {
      char32_t value = 0;
      const std::size_t start = pos_;
      for (; pos_ < in_.size() && in_[pos_] != '}'; ++pos_) {
        const int digit = hex_value(static_cast<unsigned char>(in_[pos_]));
        if (digit < 0 || value > 0x10FFFF) break;
        value = value * 16 + static_cast<char32_t>(digit);
      }
      if (pos_ == start || !take("}") || value > 0x10FFFF) fail("no code point");
      return checked(value);
    }
    const char32_t first = hex(4);
    if (first < 0xD800 || first > 0xDBFF || !take("\\u")) return checked(first);
    const char32_t second = hex(4);
    if (second < 0xDC00 || second > 0xDFFF) fail("half a surrogate pair");
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  char32_t checked(char32_t c) {
    if (c >= 0xD800 && c <= 0xDFFF) fail("half a surrogate pair");
    return c;
  }

  ClassAtom property(bool negated) {
    const std::size_t end = take("{") ? in_.find('}', pos_) : std::string_view::npos;
    if (end == std::string_view::npos) return failed("\\p needs a name in braces");
    const std::string_view name = in_.substr(pos_, end - pos_);
    std::string set = re2_property(name, negated);
    if (set.empty()) unsupported("unicode property '" + std::string(name) + "' is not supported");
    pos_ = end + 1;
    return {std::nullopt, std::move(set)};
  }

  ClassAtom class_atom() {
    if (take("\\b")) return {U'\b', {}};
    if (in_[pos_] == '\\') return escaped();
    return {next(), {}};
  }

  void character_class() {
    ++pos_;
    const bool negated = take("^");
    std::string items;
    while (!fault_ && !looking_at("]")) {
      if (pos_ >= in_.size()) return fail("a '[' without its ']'");
      items += class_item();
    }
    if (fault_) return;
    ++pos_;
    if (items.empty()) return atom(negated ? kAnything : kNothing);
    atom((negated ? "[^" : "[") + items + "]");
  }

  static std::string written(const ClassAtom& item) {
    return item.single ? code_point(*item.single) : item.set;
  }

  std::string class_item() {
    const ClassAtom low = class_atom();
    if (fault_ || !looking_at("-") || pos_ + 1 >= in_.size() || in_[pos_ + 1] == ']')
      return written(low);
    ++pos_;
    const ClassAtom high = class_atom();
    if (!low.single || !high.single) return written(low) + code_point('-') + written(high);
    if (*low.single > *high.single) fail("a range is in the wrong order");
    return written(low) + "-" + written(high);
  }

  std::string_view in_;
  std::size_t pos_ = 0;
  std::string out_;
  std::optional<std::size_t> atom_;  // where in out_ the last thing that can be repeated begins
  std::vector<std::size_t> groups_;  // where open groups begin
  std::optional<RegexFault> fault_;
};

}  // namespace

void throw_exception_from_error(const RegexFault& fault, const boost::source_location&) {
  throw std::logic_error("a refused pattern was used: " + fault.message);
}

boost::system::result<std::string, RegexFault> translated_to_re2(std::string_view pattern) {
  return EcmaTranslator(pattern).run();
}

}  // namespace taskgate::checks::schema

#include "taskgate/core/canonical_json.hpp"

#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace taskgate {
namespace {

// UTF-8 sorts like UTF-16 but for one thing: what UTF-16 writes as surrogates (lead bytes F0 to F4)
// comes before U+E000 to U+FFFF (EE and EF).
unsigned utf16_rank(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0xEE || byte == 0xEF ? byte + 0x10U : byte;
}

bool sorts_before(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return utf16_rank(x) < utf16_rank(y); });
}

struct Member {
  std::string key;
  std::string value;  // canonical already
};

// Builds the text bottom up: what is finished of an array is text, an object waits for its members.
class CanonicalWriter final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string take() { return std::move(done_); }
  const std::string& fault() const { return fault_; }

  bool null() override { return value("null"); }
  bool boolean(bool b) override { return value(b ? "true" : "false"); }
  bool number_integer(number_integer_t number) override { return integer(number); }
  bool number_unsigned(number_unsigned_t number) override { return integer(number); }
  bool number_float(number_float_t number, const string_t&) override {
    std::string text;
    append_ecmascript_number(text, number);
    return value(std::move(text));
  }
  bool string(string_t& text) override {
    std::string quoted;
    append_json_string(quoted, text);
    return value(std::move(quoted));
  }
  bool binary(binary_t&) override { return false; }  // not in JSON

  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool key(string_t& name) override {
    open_.back().members.push_back({name, {}});
    return true;
  }
  bool end_array() override {
    std::string text = "[" + std::move(open_.back().text) + "]";
    open_.pop_back();
    return value(std::move(text));
  }
  bool end_object() override {
    auto members = std::move(open_.back().members);
    open_.pop_back();
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return sorts_before(a.key, b.key); });
    std::string text = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0 && members[i].key == members[i - 1].key) {
        fault_ = "an object names a member twice";
        return false;
      }
      if (i > 0) text += ',';
      append_json_string(text, members[i].key);
      text += ':';
      text += members[i].value;
    }
    text += '}';
    return value(std::move(text));
  }
  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    fault_ = "not JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  struct Open {
    bool object = false;
    std::string text;             // of an array
    std::vector<Member> members;  // of an object
  };

  bool open(bool object) {
    open_.push_back({object, {}, {}});
    return true;
  }

  bool value(std::string text) {
    if (open_.empty()) {
      done_ = std::move(text);
    } else if (open_.back().object) {
      open_.back().members.back().value = std::move(text);
    } else {
      auto& array = open_.back().text;
      if (!array.empty()) array += ',';
      array += text;
    }
    return true;
  }

  template <class Integer>
  bool integer(Integer number) {
    const auto nearest = static_cast<double>(number);
    std::string text;
    // 2^64 and 2^63 are doubles outside of the integers' ranges: not to be cast back.
    const bool fits = nearest < 9223372036854775808.0 && nearest >= -9223372036854775808.0;
    if (fits && static_cast<Integer>(nearest) == number) {
      append_ecmascript_number(text, nearest);
    } else {
      text = std::to_string(number);
    }
    return value(std::move(text));
  }

  std::vector<Open> open_;
  std::string done_;
  std::string fault_;
};

}  // namespace

void append_ecmascript_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  if (number == 0.0) {
    out += '0';  // -0 too
    return;
  }
  if (number < 0.0) out += '-';
  // "d.ddde±xx": the shortest digits that read back the same, as ECMAScript wants them.
  std::array<char, 32> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                     std::fabs(number), std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const auto e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  const bool negative = text[e + 1] == '-';
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  const int point = (negative ? -exponent : exponent) + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(1, '.');
    out.append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (count > 1) out.append(1, '.').append(digits, 1);
    out.append(point > 0 ? "e+" : "e-").append(std::to_string(std::abs(point - 1)));
  }
}

Result<std::string> canonical_json(std::string_view json) {
  if (const auto fault = guard_json(json)) return Error(Errc::invalid_argument, to_string(*fault));
  CanonicalWriter writer;
  if (!nlohmann::json::sax_parse(json, &writer))
    return Error(Errc::invalid_argument, writer.fault());
  return writer.take();
}

}  // namespace taskgate

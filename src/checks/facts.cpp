#include "checks/facts.hpp"

#include "checks/number_forms.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::checks {
namespace {

constexpr std::size_t kMaxWord = 200;  // bytes; longer runs state nothing
constexpr std::size_t kMinQuote = 15;  // bytes of a quotation
constexpr std::size_t kMaxQuote = 1'000;

bool is_digit_char(char c) {
  return c >= '0' && c <= '9';
}
// Precondition: at most four characters, all of them digits.
int small_number(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = 10 * number + (c - '0');
  return number;
}
bool is_letter_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word_char(char c) {
  return is_digit_char(c) || is_letter_char(c);
}
bool is_inner_char(char c) {
  return c == '-' || c == '_' || c == '.' || c == ',' || c == '/' || c == '@' || c == '+' ||
         c == ':' || c == '%' || c == '#' || c == '\'';
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// A URL's forms: lower case, without scheme, "www." and a slash at the end.
std::string url_form(std::string_view raw) {
  std::string form = ascii_lower(raw);
  for (const std::string_view prefix : {"https://", "http://", "www."}) {
    if (form.starts_with(prefix)) form.erase(0, prefix.size());
  }
  while (!form.empty() && form.back() == '/') form.pop_back();
  return form;
}

class FactWalk {
 public:
  FactWalk(std::string_view text, std::size_t limit, const std::function<void(const Fact&)>& visit)
      : text_(text), limit_(limit), visit_(visit) {}

  void run() {
    while (pos_ < text_.size() && found_ < limit_) {
      if (starts_url()) {
        take_url();
      } else if (text_[pos_] == '[' && take_citation()) {
        continue;
      } else if (is_word_char(text_[pos_])) {
        take_word();
      } else {
        ++pos_;
      }
    }
    take_quotes();
  }

 private:
  void found(Fact::Kind kind, std::string_view raw, std::vector<std::string> forms) {
    if (forms.empty() || found_ >= limit_) return;
    ++found_;
    Fact fact;
    fact.kind = kind;
    fact.raw = raw;
    fact.forms = std::move(forms);
    if (kind == Fact::Kind::number) {
      fact.value = std::strtod(fact.forms.front().c_str(), nullptr);
      fact.percent = is_percent(static_cast<std::size_t>(raw.data() - text_.data()) + raw.size());
    }
    visit_(fact);
  }

  // Whether what stands at `at` makes the number before it one of hundredths.
  bool is_percent(std::size_t at) const {
    for (const std::string_view blank : {" ", "\u00A0", "\u202F"}) {
      if (text_.substr(at).starts_with(blank)) {
        at += blank.size();
        break;
      }
    }
    if (at < text_.size() && text_[at] == '%') return true;
    const auto word = ascii_lower(word_after(at));
    return word == "percent" || word == "pct" ||
           (word == "per" && ascii_lower(word_after(at)) == "cent");
  }

  bool starts_url() const {
    const auto rest = text_.substr(pos_, 8);
    return rest.starts_with("https://") || rest.starts_with("http://") || rest.starts_with("www.");
  }

  void take_url() {
    const std::size_t begin = pos_;
    pos_ = std::min(text_.find_first_of(" \t\r\n<>\"'`)]}|\\", begin), text_.size());
    auto raw = text_.substr(begin, pos_ - begin);
    // Other scripts do not set a blank after a URL.
    const auto foreign = std::find_if(raw.begin(), raw.end(), [](char c) { return c < 0; });
    raw = raw.substr(0, static_cast<std::size_t>(foreign - raw.begin()));
    while (!raw.empty() && std::string_view(".,;:!?").find(raw.back()) != std::string_view::npos)
      raw.remove_suffix(1);
    if (raw.size() > 8) found(Fact::Kind::url, raw, {url_form(raw)});
  }

  // "[3]". Moves on and answers true only when it is one.
  bool take_citation() {
    std::size_t end = pos_ + 1;
    while (end < text_.size() && is_digit_char(text_[end])) ++end;
    const std::size_t digits = end - pos_ - 1;
    if (digits == 0 || digits > 3 || end >= text_.size() || text_[end] != ']') return false;
    const auto raw = text_.substr(pos_, end + 1 - pos_);
    found(Fact::Kind::citation, raw, number_forms(text_.substr(pos_ + 1, digits)));
    pos_ = end + 1;
    return true;
  }

  void take_word() {
    const std::size_t begin = pos_;
    std::size_t end = pos_;
    while (end < text_.size() &&
           (is_word_char(text_[end]) ||
            (is_inner_char(text_[end]) && end + 1 < text_.size() && is_word_char(text_[end + 1]))))
      ++end;
    pos_ = end;
    const auto word = text_.substr(begin, end - begin);
    if (word.size() > kMaxWord) return;
    const auto digits = std::count_if(word.begin(), word.end(), is_digit_char);
    if (word.find('@') != std::string_view::npos) {
      const auto at = word.find('@');
      if (at > 0 && word.find('.', at) != std::string_view::npos)
        found(Fact::Kind::email, word, {ascii_lower(word)});
    } else if (digits == 0) {
      take_month_date(word, begin);
    } else {
      take_figure(word, static_cast<std::size_t>(digits), begin);
    }
  }

  void take_figure(std::string_view word, std::size_t digits, std::size_t begin) {
    if (auto dates = date_forms(word); !dates.empty())
      return found(Fact::Kind::date, word, std::move(dates));
    if (word.size() > 10 && word[10] == 'T') {  // a time stamp: its day
      if (auto dates = date_forms(word.substr(0, 10)); !dates.empty())
        return found(Fact::Kind::date, word.substr(0, 10), std::move(dates));
    }
    if (day_before_month(word, begin)) return;
    const auto letters = std::count_if(word.begin(), word.end(), is_letter_char);
    const auto end = word.find_last_of("0123456789") + 1;
    const auto unit = word.size() - end;  // "5km", "3rd", "10k"
    if (is_digit_char(word.front()) && static_cast<std::size_t>(letters) == unit && unit <= 3) {
      auto forms = number_forms(word.substr(0, end));
      if (!forms.empty()) return found(Fact::Kind::number, word.substr(0, end), std::move(forms));
    }
    const bool is_code = letters > 0 && (digits >= 3 || (digits >= 2 && word.size() >= 6));
    if (is_code || is_compound(word)) found(Fact::Kind::id, word, {ascii_lower(word)});
  }

  // Numbers that belong together: 4.2.17, 128/84, 17:05 (unless "pm" follows).
  bool is_compound(std::string_view word) const {
    if (word.find_first_not_of("0123456789.:/") != std::string_view::npos) return false;
    const auto marks =
        std::count_if(word.begin(), word.end(), [](char c) { return !is_digit_char(c); });
    if (word.find('.') != std::string_view::npos && marks < 2) return false;
    std::size_t at = pos_;
    const auto next = ascii_lower(word_after(at));
    return marks > 0 && next != "am" && next != "pm" && next != "a" && next != "p";
  }

  // The word after the blanks at `pos`, without moving.
  std::string_view word_after(std::size_t& at) const {
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == ',' || text_[at] == '.')) ++at;
    const std::size_t begin = at;
    while (at < text_.size() && is_word_char(text_[at]) && at - begin < 16) ++at;
    return text_.substr(begin, at - begin);
  }

  static int day_of(std::string_view word) {
    std::size_t digits = 0;
    while (digits < word.size() && is_digit_char(word[digits])) ++digits;
    if (digits == 0 || digits > 2) return 0;
    const auto suffix = word.substr(digits);
    if (!suffix.empty() && suffix != "st" && suffix != "nd" && suffix != "rd" && suffix != "th")
      return 0;
    return small_number(word.substr(0, digits));
  }

  // "4 March 2025", begun at the day.
  bool day_before_month(std::string_view word, std::size_t begin) {
    const int day = day_of(word);
    if (day == 0) return false;
    std::size_t at = pos_;
    auto next = word_after(at);
    if (next == "of") next = word_after(at);
    const int month = month_of(next);
    if (month == 0) return false;
    const auto year = word_after(at);
    return add_date(year, month, day, begin, at);
  }

  // "March 4, 2025", begun at the month.
  void take_month_date(std::string_view word, std::size_t begin) {
    const int month = month_of(word);
    if (month == 0) return;
    std::size_t at = pos_;
    const int day = day_of(word_after(at));
    if (day == 0) return;
    const auto year = word_after(at);
    (void)add_date(year, month, day, begin, at);
  }

  bool add_date(std::string_view year, int month, int day, std::size_t begin, std::size_t end) {
    if (year.size() != 4 || year.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    const auto date = iso_date(small_number(year), month, day);
    if (!date) return false;
    found(Fact::Kind::date, text_.substr(begin, end - begin), {*date});
    pos_ = end;
    return true;
  }

  // Between pairs of quotation marks that open and close differently, and between straight ones.
  void take_quotes() {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPairs = {
        {{"\"", "\""}, {"“", "”"}, {"«", "»"}, {"„", "“"}}};
    for (const auto& [open, close] : kPairs) {
      std::size_t at = 0;
      while (found_ < limit_) {
        const auto begin = text_.find(open, at);
        if (begin == std::string_view::npos) break;
        const auto first = begin + open.size();
        const auto end = text_.find(close, first);
        if (end == std::string_view::npos) break;
        at = end + close.size();
        take_quote(text_.substr(first, end - first));
      }
    }
  }

  void take_quote(std::string_view quote) {
    if (quote.size() < kMinQuote || quote.size() > kMaxQuote) return;
    if (quote.find('\n') != std::string_view::npos) return;  // marks that do not belong together
    auto words = normalised_words(quote);
    if (std::count(words.begin(), words.end(), ' ') < 2 &&
        quote.find(' ') != std::string_view::npos)
      return;
    while (!words.empty() &&
           std::string_view(".,;:!? ").find(words.back()) != std::string_view::npos)
      words.pop_back();
    found(Fact::Kind::quote, quote, {std::move(words)});
  }

  std::string_view text_;
  std::size_t limit_;
  const std::function<void(const Fact&)>& visit_;
  std::size_t pos_ = 0;
  std::size_t found_ = 0;
};

}  // namespace

void for_each_fact(std::string_view text,
                   std::size_t limit,
                   const std::function<void(const Fact&)>& visit) {
  FactWalk(text, limit, visit).run();
}

std::string normalised_words(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto mark = text.substr(i, 3);
    if (mark == "’" || mark == "‘") {
      out += '\'';
      i += 2;
    } else if (mark == "“" || mark == "”" || mark == "„") {
      out += '"';
      i += 2;
    } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

const char* to_string(Fact::Kind kind) noexcept {
  switch (kind) {
    case Fact::Kind::number:
      return "number";
    case Fact::Kind::date:
      return "date";
    case Fact::Kind::url:
      return "URL";
    case Fact::Kind::email:
      return "mail address";
    case Fact::Kind::id:
      return "identifier";
    case Fact::Kind::quote:
      return "quotation";
    case Fact::Kind::citation:
      return "citation";
  }
  return "fact";
}

}  // namespace taskgate::checks

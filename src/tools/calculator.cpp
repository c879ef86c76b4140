#include "tools/calculator.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace taskgate::tools {
namespace {

constexpr int kMaxNesting = 64;

// Recursive descent: sum → product → factor.
class Calculation {
 public:
  explicit Calculation(std::string_view text) : rest_(text) {}

  Result<double> run() {
    const double value = sum();
    skip_space();
    if (fault_.empty() && !rest_.empty())
      fail("unexpected \"" + std::string(rest_.substr(0, 10)) + "\"");
    if (fault_.empty() && !std::isfinite(value)) fail("it has no finite value");
    if (!fault_.empty()) return Error(Errc::invalid_argument, fault_);
    return value;
  }

 private:
  double sum() {
    double value = product();
    for (;;) {
      if (take('+')) {
        value += product();
      } else if (take('-')) {
        value -= product();
      } else {
        return value;
      }
    }
  }

  double product() {
    double value = factor();
    for (;;) {
      if (take('*')) {
        value *= factor();
      } else if (take('/')) {
        value /= factor();
      } else {
        return value;
      }
    }
  }

  double factor() {
    if (++nesting_ > kMaxNesting) {
      fail("it is nested too deeply");
      rest_ = {};
    }
    double value = 0;
    if (take('-')) {
      value = -factor();
    } else if (take('(')) {
      value = sum();
      if (!take(')')) fail("a ) is missing");
    } else {
      value = number();
    }
    --nesting_;
    return value;
  }

  double number() {
    skip_space();
    double value = 0;
    const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (failed != std::errc()) {
      fail("a number is missing");
      rest_ = {};
      return 0;
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  bool take(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }
  void fail(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
  }

  std::string_view rest_;
  std::string fault_;
  int nesting_ = 0;
};

}  // namespace

Result<double> calculate(std::string_view expression) {
  return Calculation(expression).run();
}

}  // namespace taskgate::tools

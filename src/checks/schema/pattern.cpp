#include "checks/schema/pattern.hpp"

#include <re2/re2.h>

#include <utility>

namespace taskgate::checks::schema {

Pattern::Pattern(std::unique_ptr<re2::RE2> regex)
    : regex_(std::move(regex)), program_size_(regex_->ProgramSize()) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

boost::system::result<Pattern, RegexFault> Pattern::compile(std::string_view ecma,
                                                            std::int64_t memory_bytes) {
  const auto translated = translated_to_re2(ecma);
  if (!translated) return translated.error();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_bytes);
  auto regex = std::make_unique<re2::RE2>(*translated, options);
  if (regex->ok()) return Pattern(std::move(regex));
  switch (regex->error_code()) {
    case re2::RE2::ErrorPatternTooLarge:
    case re2::RE2::ErrorRepeatSize:
      return RegexFault{RegexFault::Kind::unsupported, "it takes too much memory", 0};
    case re2::RE2::ErrorBadCharRange:
      return RegexFault{RegexFault::Kind::unsupported,
                        "a unicode property or class in it is not supported", 0};
    default:
      return RegexFault{RegexFault::Kind::malformed, regex->error(), 0};
  }
}

bool Pattern::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
}

std::int64_t Pattern::cost(std::size_t text_bytes) const noexcept {
  // Mostly a few nanoseconds a byte; when RE2 runs out of room for its states, it walks the whole
  // program for every byte.
  const auto bytes = static_cast<std::int64_t>(text_bytes);
  return 4 + bytes / 16 + bytes * program_size_ / 1024;
}

}  // namespace taskgate::checks::schema

#pragma once
// One compiled regular expression of a schema.

#include "checks/schema/ecma_regex.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}

namespace taskgate::checks::schema {

/// Immutable; safe from any thread.
class Pattern {
 public:
  /// `memory_bytes` bounds what the compiled form and its caches take.
  static boost::system::result<Pattern, RegexFault> compile(std::string_view ecma,
                                                            std::int64_t memory_bytes);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// Whether it matches anywhere in `text`.
  bool found_in(std::string_view text) const;
  /// Upper estimate of the work that found_in() does on a text of that length, in steps.
  std::int64_t cost(std::size_t text_bytes) const noexcept;

 private:
  explicit Pattern(std::unique_ptr<re2::RE2> regex);

  std::unique_ptr<re2::RE2> regex_;
  std::int64_t program_size_ = 0;
};

}  // namespace taskgate::checks::schema

#pragma once
// ECMA-262 regular expressions (the dialect of JSON Schema, with Unicode semantics) rewritten in
// the syntax of RE2, which matches in linear time and therefore has no lookaround and no
// backreferences: those are refused here, in words.
//
// Lenient where ECMA-262's own Annex B is (a lone '{', ']' or '}' is a literal), strict with
// unknown escapes of letters. Groups never capture: nobody asks for them.

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace taskgate::checks::schema {

/// Why a pattern was refused.
struct RegexFault {
  enum class Kind {
    malformed,    ///< no regular expression at all
    unsupported,  ///< a good one that linear time cannot match
  };
  Kind kind = Kind::malformed;
  std::string message;     ///< lower case, no trailing period
  std::size_t offset = 0;  ///< the byte of the pattern
};

/// For boost::system::result::value(); never called here.
[[noreturn]] void throw_exception_from_error(const RegexFault& fault,
                                             const boost::source_location& where);

/// The same language in RE2's syntax. `pattern` must be valid UTF-8.
boost::system::result<std::string, RegexFault> translated_to_re2(std::string_view pattern);

/// \p{…}: what stands between the braces as an item of an RE2 class, e.g. "\\p{L}"; empty when RE2
/// has no such property.
std::string re2_property(std::string_view name, bool negated);

}  // namespace taskgate::checks::schema

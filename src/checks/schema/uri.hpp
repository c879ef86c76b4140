#pragma once
// The little of RFC 3986 that identifiers in schemas need: splitting and resolving against a base.
// Lenient on purpose: an `$id` is a name here, never fetched, so that odd characters do no harm.

#include <string>
#include <string_view>

namespace taskgate::checks::schema {

/// The five components; views into the text that was split.
struct UriParts {
  std::string_view scheme;  ///< without the colon; empty when there is none
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
  bool has_authority = false;
  bool has_query = false;
  bool has_fragment = false;
};

UriParts split_uri(std::string_view text);

/// `reference` resolved against `base` (RFC 3986 §5.2.2), with the reference's fragment. An empty
/// base leaves the reference as it is.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// Everything before the '#'.
std::string_view without_fragment(std::string_view uri);
/// Everything after the '#'; empty when there is none.
std::string_view fragment_of(std::string_view uri);

/// %XX replaced by its byte; a '%' that starts no such triplet stays.
std::string percent_decoded(std::string_view text);

}  // namespace taskgate::checks::schema

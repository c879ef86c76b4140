// URIs, IRIs and templates of them: grammar only.
#include "checks/schema/formats.hpp"
#include "checks/schema/uri.hpp"

#include <algorithm>
#include <cctype>

namespace taskgate::checks::schema {
namespace {

constexpr std::string_view kSubDelimiters = "!$&'()*+,;=";

bool is_unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' ||
         c == '~';
}
bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_percent_triplet(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0 &&
         std::isxdigit(static_cast<unsigned char>(text[at + 2])) != 0;
}

enum class Alphabet { uri, iri };

// Unreserved, percent-encoded, sub-delimiters, and `more`.
bool is_made_of(std::string_view text, std::string_view more, Alphabet alphabet) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (!is_percent_triplet(text, i)) return false;
      i += 2;
      continue;
    }
    const bool fits = is_unreserved(c) || kSubDelimiters.find(c) != std::string_view::npos ||
                      more.find(c) != std::string_view::npos ||
                      (alphabet == Alphabet::iri && is_beyond_ascii(c));
    if (!fits) return false;
  }
  return true;
}

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 3986 §3.2.2: "[" ( IPv6address / IPvFuture ) "]".
bool is_ip_literal(std::string_view text) {
  if (is_ipv6(text)) return true;
  if (text.size() < 4 || (text.front() != 'v' && text.front() != 'V')) return false;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
  const std::string_view version = text.substr(1, dot - 1);
  return std::all_of(version.begin(), version.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }) &&
         text.find('%') == std::string_view::npos &&
         is_made_of(text.substr(dot + 1), ":", Alphabet::uri);
}

bool is_authority(std::string_view text, Alphabet alphabet) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!is_made_of(text.substr(0, at), ":", alphabet)) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const std::size_t colon = text.find(':');
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    if (!is_made_of(text.substr(0, colon), "", alphabet)) return false;
  }
  return port.empty() || are_digits(port.substr(1));
}

bool has_good_parts(const UriParts& parts, Alphabet alphabet) {
  if (parts.has_authority && !is_authority(parts.authority, alphabet)) return false;
  if (!is_made_of(parts.path, "/:@", alphabet)) return false;
  return is_made_of(parts.query, "/?:@", alphabet) && is_made_of(parts.fragment, "/?:@", alphabet);
}

bool is_absolute(std::string_view text, Alphabet alphabet) {
  const UriParts parts = split_uri(text);
  return !parts.scheme.empty() && has_good_parts(parts, alphabet);
}

bool is_reference(std::string_view text, Alphabet alphabet) {
  const UriParts parts = split_uri(text);
  // A relative path's first segment has no colon: it would read as a scheme.
  const bool is_relative = parts.scheme.empty() && !parts.has_authority;
  if (is_relative && parts.path.substr(0, parts.path.find('/')).find(':') != std::string_view::npos)
    return false;
  return has_good_parts(parts, alphabet);
}

// RFC 6570 §2.3: varname, with dots only between its characters.
bool is_variable_name(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (!is_percent_triplet(text, i)) return false;
      i += 2;
      continue;
    }
    const bool fits = std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_' ||
                      (text[i] == '.' && text[i + 1] != '.');
    if (!fits) return false;
  }
  return true;
}

// A variable with its modifier: "name", "name*", "name:3".
bool is_variable(std::string_view text) {
  if (text.ends_with('*')) return is_variable_name(text.substr(0, text.size() - 1));
  const std::size_t colon = text.find(':');
  if (!is_variable_name(text.substr(0, colon))) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view length = text.substr(colon + 1);
  return !length.empty() && length.size() <= 4 && length.front() != '0' && are_digits(length);
}

// What stands between braces.
bool is_expression(std::string_view text) {
  constexpr std::string_view kOperators = "+#./;?&=,!@|";
  if (!text.empty() && kOperators.find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!is_variable(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_uri(std::string_view text) {
  return is_absolute(text, Alphabet::uri);
}
bool is_uri_reference(std::string_view text) {
  return is_reference(text, Alphabet::uri);
}
bool is_iri(std::string_view text) {
  return is_absolute(text, Alphabet::iri);
}
bool is_iri_reference(std::string_view text) {
  return is_reference(text, Alphabet::iri);
}

bool is_uri_template(std::string_view text) {
  constexpr std::string_view kNotLiteral = " \"<>\\^`|}\x7F";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos || !is_expression(text.substr(i + 1, end - i - 1)))
        return false;
      i = end;
    } else if (c == '%') {
      if (!is_percent_triplet(text, i)) return false;
    } else if (static_cast<unsigned char>(c) < 0x20 ||
               kNotLiteral.find(c) != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace taskgate::checks::schema

#include "checks/schema/uri.hpp"

#include <cctype>

namespace taskgate::checks::schema {
namespace {

bool is_scheme(std::string_view text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  for (const char c : text) {
    const bool fits =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
    if (!fits) return false;
  }
  return true;
}

// RFC 3986 §5.2.4, for paths that begin with a slash or not.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const bool slash = path.front() == '/';
    const std::size_t end = path.find('/', slash ? 1 : 0);
    const std::string_view segment = path.substr(slash ? 1 : 0, end - (slash ? 1 : 0));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    if (segment != "." && segment != "..") {
      if (slash) out += '/';
      out += segment;
      continue;
    }
    if (segment == "..") {
      const std::size_t last = out.rfind('/');
      out.resize(last == std::string::npos ? 0 : last);
    }
    if (path.empty()) out += '/';
  }
  return out;
}

std::string merged_path(const UriParts& base, std::string_view path) {
  if (base.has_authority && base.path.empty()) return "/" + std::string(path);
  const std::size_t last = base.path.rfind('/');
  if (last == std::string_view::npos) return std::string(path);
  return std::string(base.path.substr(0, last + 1)) + std::string(path);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

UriParts split_uri(std::string_view text) {
  UriParts parts;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    parts.has_fragment = true;
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    parts.has_query = true;
    text = text.substr(0, mark);
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && is_scheme(text.substr(0, colon))) {
    parts.scheme = text.substr(0, colon);
    text = text.substr(colon + 1);
  }
  if (text.starts_with("//")) {
    const std::size_t end = text.find('/', 2);
    parts.authority = text.substr(2, end == std::string_view::npos ? end : end - 2);
    parts.has_authority = true;
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  }
  parts.path = text;
  return parts;
}

std::string resolve_uri(std::string_view base_text, std::string_view reference) {
  const UriParts base = split_uri(base_text);
  UriParts target = split_uri(reference);
  std::string path;
  if (!target.scheme.empty() || target.has_authority) {
    path = without_dot_segments(target.path);
  } else {
    if (target.path.empty()) {
      path = base.path;
      if (!target.has_query) {
        target.query = base.query;
        target.has_query = base.has_query;
      }
    } else if (target.path.front() == '/') {
      path = without_dot_segments(target.path);
    } else {
      path = without_dot_segments(merged_path(base, target.path));
    }
    target.authority = base.authority;
    target.has_authority = base.has_authority;
  }
  if (target.scheme.empty()) target.scheme = base.scheme;

  std::string out;
  if (!target.scheme.empty()) out.append(target.scheme).append(":");
  if (target.has_authority) out.append("//").append(target.authority);
  out += path;
  if (target.has_query) out.append("?").append(target.query);
  if (target.has_fragment) out.append("#").append(target.fragment);
  return out;
}

std::string_view without_fragment(std::string_view uri) {
  return uri.substr(0, uri.find('#'));
}

std::string_view fragment_of(std::string_view uri) {
  const std::size_t hash = uri.find('#');
  return hash == std::string_view::npos ? std::string_view{} : uri.substr(hash + 1);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace taskgate::checks::schema

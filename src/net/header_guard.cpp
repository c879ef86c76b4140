#include "net/header_guard.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace taskgate::net {
namespace {

using Refused = std::optional<GuardRefusal>;

Refused refuse(unsigned status, const char* code, const char* detail) {
  return GuardRefusal{status, code, detail};
}

/// ASCII only, `expected` in lower case.
bool equals_ignoring_case(std::string_view text, std::string_view expected) noexcept {
  if (text.size() != expected.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != expected[i]) return false;
  }
  return true;
}

/// VCHAR, SP, HTAB (RFC 9110 §5.5 without obs-text).
bool is_plain_text(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return (c >= 0x20 && c <= 0x7e) || c == '\t'; });
}

bool is_target_path(std::string_view target) noexcept {
  if (target.empty() || target[0] != '/') return false;
  return std::all_of(target.begin(), target.end(),
                     [](char c) { return c >= 0x21 && c <= 0x7e && c != '#'; });
}

bool is_length(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 12 &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// host[:port] of RFC 3986 §3.2.2, by its characters: no user, no path, no list.
bool is_host(std::string_view value) noexcept {
  constexpr std::string_view kExtra = "-._~!$&'()*+;=:[]%";
  return std::all_of(value.begin(), value.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kExtra.find(c) != std::string_view::npos;
  });
}

/// The fields that decide how the message is framed and routed, found in one pass.
struct FramingFields {
  std::size_t hosts = 0;
  std::size_t transfer_encodings = 0;
  std::size_t lengths = 0;
  std::size_t expects = 0;
  std::string_view host;
  std::string_view transfer_encoding;
  std::string_view length;
  std::string_view expect;
  bool has_upgrade = false;
  bool has_h2c_only = true;
  bool has_content_encoding = false;
};

void note_field(FramingFields& seen, std::string_view name, std::string_view value) {
  switch (name.size()) {  // most fields are told apart by their length
    case 4:
      if (equals_ignoring_case(name, "host")) ++seen.hosts, seen.host = value;
      break;
    case 6:
      if (equals_ignoring_case(name, "expect")) ++seen.expects, seen.expect = value;
      break;
    case 7:
      if (equals_ignoring_case(name, "upgrade")) {
        seen.has_upgrade = true;
        seen.has_h2c_only = seen.has_h2c_only && equals_ignoring_case(value, "h2c");
      }
      break;
    case 14:
      if (equals_ignoring_case(name, "content-length")) ++seen.lengths, seen.length = value;
      break;
    case 16:
      if (equals_ignoring_case(name, "content-encoding")) seen.has_content_encoding = true;
      break;
    case 17:
      if (equals_ignoring_case(name, "transfer-encoding")) {
        ++seen.transfer_encodings;
        seen.transfer_encoding = value;
      }
      break;
    default:
      break;
  }
}

Refused check_sizes(const RequestHead& head, const GuardLimits& limits) {
  if (head.target.size() > limits.max_target_bytes) {
    return refuse(414, "uri_too_long", "the request target is too long");
  }
  if (head.headers.all().size() > limits.max_header_count) {
    return refuse(431, "header_too_large", "too many header fields");
  }
  if (head.bytes > limits.max_header_bytes) {
    return refuse(431, "header_too_large", "the request head is too large");
  }
  return std::nullopt;
}

Refused check_request_line(const RequestHead& head, std::optional<Method> method) {
  if (head.version != 10 && head.version != 11) {
    return refuse(505, "version_not_supported", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  if (!method) return refuse(501, "method_not_implemented", "this method is not implemented");
  const bool asterisk = head.target == "*" && *method == Method::options;
  if (!asterisk && !is_target_path(head.target)) {
    return refuse(400, "malformed_request", "the request target must be an absolute path");
  }
  return std::nullopt;
}

Refused check_length(const FramingFields& seen, int version, Method method) {
  if (seen.transfer_encodings > 0) {
    if (seen.transfer_encodings > 1 || version != 11 || seen.lengths > 0 ||
        !equals_ignoring_case(seen.transfer_encoding, "chunked")) {
      return refuse(400, "malformed_request",
                    "Transfer-Encoding must be exactly `chunked`, once, in HTTP/1.1, without "
                    "Content-Length");
    }
  }
  if (seen.lengths > 1 || (seen.lengths == 1 && !is_length(seen.length))) {
    return refuse(400, "malformed_request", "Content-Length must be one decimal number");
  }
  const bool has_body =
      seen.transfer_encodings > 0 ||
      (seen.lengths == 1 && seen.length.find_first_not_of('0') != std::string_view::npos);
  const bool bodiless =
      method == Method::get || method == Method::head || method == Method::delete_;
  if (has_body && bodiless) {
    return refuse(400, "malformed_request", "this method takes no body");
  }
  return std::nullopt;
}

Refused check_fields(const FramingFields& seen, int version) {
  if (seen.hosts > 1 || (seen.hosts == 0 && version == 11) || !is_host(seen.host)) {
    return refuse(400, "malformed_request", "exactly one valid Host field is required");
  }
  // RFC 9110 §10.1.1: an HTTP/1.0 client cannot expect anything; the field is ignored.
  if (seen.expects > 0 && version == 11 &&
      (seen.expects > 1 || !equals_ignoring_case(seen.expect, "100-continue"))) {
    return refuse(417, "expectation_failed", "only `Expect: 100-continue` is understood");
  }
  // The JDK's client offers h2c with every first request; ignoring an offer is always right (RFC
  // 9110 §7.8). Any other upgrade would be a different protocol behind a proxy's back.
  if (seen.has_upgrade && !seen.has_h2c_only) {
    return refuse(400, "malformed_request", "this resource cannot be upgraded");
  }
  if (seen.has_content_encoding) {
    return refuse(415, "unsupported_content_encoding", "send the body without Content-Encoding");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Method> parse_method(std::string_view name) noexcept {
  constexpr std::array kAll{Method::get,   Method::head,    Method::post,   Method::put,
                            Method::patch, Method::delete_, Method::options};
  for (const Method method : kAll) {
    if (name == to_string(method)) return method;
  }
  return std::nullopt;
}

std::optional<GuardRefusal> check_head(const RequestHead& head, const GuardLimits& limits) {
  if (auto no = check_sizes(head, limits)) return no;
  const auto method = parse_method(head.method);
  if (auto no = check_request_line(head, method)) return no;
  FramingFields seen;
  for (const auto& [name, value] : head.headers.all()) {
    if (!is_plain_text(value)) {
      return refuse(400, "malformed_request", "a header field holds a byte that is not plain text");
    }
    note_field(seen, name, value);
  }
  if (auto no = check_length(seen, head.version, *method)) return no;
  return check_fields(seen, head.version);
}

bool has_folded_line(std::string_view raw) noexcept {
  std::size_t from = 0;
  while (from < raw.size()) {
    const void* found = std::memchr(raw.data() + from, '\n', raw.size() - from);
    if (!found) return false;
    from = static_cast<std::size_t>(static_cast<const char*>(found) - raw.data()) + 1;
    if (from < raw.size() && (raw[from] == ' ' || raw[from] == '\t')) return true;
  }
  return false;
}

}  // namespace taskgate::net

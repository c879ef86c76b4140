#include "net/response_head.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace taskgate::net {
namespace {

constexpr std::size_t kMaxFields = 256;

Error malformed(const char* what) {
  return Error(Errc::upstream_unavailable, "the upstream sent a malformed response")
      .with_detail(what);
}

bool is_token_char(char c) noexcept {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kSymbols.find(c) != std::string_view::npos;
}

bool is_value_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_same_field(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

// "HTTP/1.1 200 OK"; the reason may be missing, its space too (seen in the wild).
bool parse_status_line(std::string_view line, ResponseHead& head) {
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1.") return false;
  if (line[7] != '0' && line[7] != '1') return false;
  head.minor_version = line[7] - '0';
  if (line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return false;
  const char* digits = line.data() + 9;
  const auto [end, error] = std::from_chars(digits, digits + 3, head.status);
  return error == std::errc() && end == digits + 3 && head.status >= 100;
}

bool parse_field(std::string_view line, Headers& headers) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!std::all_of(name.begin(), name.end(), is_token_char)) return false;
  if (!std::all_of(value.begin(), value.end(), is_value_char)) return false;
  headers.add(std::string(name), std::string(value));
  return true;
}

// Whether any field of that name lists the token.
bool lists_token(const Headers& headers, std::string_view name, std::string_view token) {
  for (const auto& [field, value] : headers.all()) {
    if (!is_same_field(field, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (is_same_field(trim(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

// Every Content-Length must be the same plain number (RFC 9112 §6.3 rule 5).
Result<std::optional<std::uint64_t>> content_length(const Headers& headers) {
  std::optional<std::uint64_t> length;
  for (const auto& [field, value] : headers.all()) {
    if (!is_same_field(field, "content-length")) continue;
    std::uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (value.empty() || error != std::errc() || stop != end) return malformed("content-length");
    if (length && *length != number) return malformed("two different content-lengths");
    length = number;
  }
  return length;
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& searched) noexcept {
  const std::size_t from = searched > 3 ? searched - 3 : 0;
  const std::size_t at = bytes.find("\r\n\r\n", from);
  searched = bytes.size();
  if (at == std::string_view::npos) return std::nullopt;
  return at + 4;
}

Result<ResponseHead> parse_response_head(std::string_view bytes) {
  ResponseHead head;
  bool first = true;
  while (bytes.size() > 2) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) return malformed("no line end");
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 2);
    if (first) {
      if (!parse_status_line(line, head)) return malformed("status line");
      first = false;
      continue;
    }
    if (!parse_field(line, head.headers)) return malformed("header field");
    if (head.headers.all().size() > kMaxFields) return malformed("too many header fields");
  }
  if (first) return malformed("empty head");
  return head;
}

Result<BodyFraming> body_framing(const ResponseHead& head, Method request_method) {
  BodyFraming framing;
  const bool has_transfer = head.headers.count("transfer-encoding") != 0;
  const auto length = content_length(head.headers);
  if (!length) return length.error();
  framing.may_reuse = head.minor_version == 1 && !lists_token(head.headers, "connection", "close");
  if (request_method == Method::head || head.status < 200 || head.status == 204 ||
      head.status == 304) {
    return framing;
  }
  // A refusal counts by its status, whatever its body; an answer that cannot be read is none.
  if (const auto coding = head.headers.find("content-encoding");
      head.status < 400 && coding && !coding->empty() && !is_same_field(*coding, "identity")) {
    return Error(Errc::upstream_unavailable,
                 "the upstream sent a compressed body that nobody asked for");
  }
  if (has_transfer) {
    const auto coding = head.headers.find("transfer-encoding");
    if (head.headers.count("transfer-encoding") != 1 || !is_same_field(*coding, "chunked") ||
        head.minor_version == 0 || *length) {
      return malformed("transfer-encoding");
    }
    framing.kind = BodyFraming::Kind::chunked;
  } else if (*length) {
    framing.length = **length;
    framing.kind = framing.length != 0 ? BodyFraming::Kind::length : BodyFraming::Kind::none;
  } else {
    framing.kind = BodyFraming::Kind::until_close;
    framing.may_reuse = false;
  }
  return framing;
}

}  // namespace taskgate::net

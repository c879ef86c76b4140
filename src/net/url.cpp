#include "taskgate/net/url.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace taskgate::net {
namespace {

Error bad_url(const char* why) {
  return Error(Errc::invalid_argument, std::string("invalid URL: ") + why);
}

char to_lower_ascii(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_host_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<bool> take_scheme(std::string_view& rest) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  std::string scheme(rest.substr(0, end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), to_lower_ascii);
  rest.remove_prefix(end + 3);
  if (scheme == "https") return true;
  if (scheme == "http") return false;
  return std::nullopt;
}

bool take_host(std::string_view& authority, Url& url) {
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    url.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address_v6(url.host, failed);
    if (failed) return false;
    url.host = address.to_string();
    url.authority = '[' + url.host + ']';
    return true;
  }
  const std::size_t end = authority.find(':');
  url.host = authority.substr(0, end);
  authority.remove_prefix(std::min(end, authority.size()));
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), to_lower_ascii);
  url.authority = url.host;
  return !url.host.empty() && url.host.size() <= 253 &&
         std::all_of(url.host.begin(), url.host.end(), is_host_char);
}

bool take_port(std::string_view text, Url& url) {
  const std::uint16_t usual = url.tls ? 443 : 80;
  url.port = usual;
  if (text.empty() || text == ":") return true;  // RFC 3986 §3.2.3: the port may be empty
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), url.port);
  if (error != std::errc() || end != text.data() + text.size() || url.port == 0) return false;
  if (url.port != usual) url.authority += ':' + std::to_string(url.port);
  return true;
}

}  // namespace

std::string Url::origin() const {
  return (tls ? "https://" : "http://") + host + ' ' + std::to_string(port);
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > 8192) return bad_url("longer than 8 KiB");
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    return bad_url("spaces, control and non-ASCII characters must be percent-encoded");
  }
  std::string_view rest = text;
  const auto tls = take_scheme(rest);
  if (!tls) return bad_url("it must begin with http:// or https://");

  Url url;
  url.tls = *tls;
  const std::size_t path = rest.find_first_of("/?#\\");
  std::string_view authority = rest.substr(0, path);
  rest.remove_prefix(std::min(path, rest.size()));
  if (authority.find('@') != std::string_view::npos) return bad_url("credentials are not allowed");
  if (!take_host(authority, url)) return bad_url("the host name is malformed");
  if (!take_port(authority, url)) return bad_url("the port must be 1 to 65535");
  rest = rest.substr(0, rest.find('#'));
  if (rest.find('\\') != std::string_view::npos) return bad_url("backslash");
  if (rest.empty() || rest.front() != '/') url.target = '/';
  url.target += rest;
  return url;
}

}  // namespace taskgate::net

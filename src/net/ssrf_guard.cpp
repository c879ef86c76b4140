// The URL half of the guard: a strict reader (RFC 3986 without its leniences). What is odd is
// refused rather than understood: no honest webhook URL needs an octal address or a user name.

#include "taskgate/net/ssrf_guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace taskgate::net {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxHostName = 253;  // RFC 1035 §2.3.4, without the root's dot
constexpr std::size_t kMaxHostLabel = 63;

Error bad_url(std::string why) {
  return {Errc::invalid_argument, "the url " + std::move(why)};
}
Error refused_url(std::string why) {
  return {Errc::forbidden, "the url " + std::move(why)};
}

constexpr bool is_url_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_url_hex(char c) {
  return is_url_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_url_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char lower_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_text(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_letter);
  return out;
}

// pchar, "/" and "?" (RFC 3986 §3.3, §3.4), percent signs apart.
bool is_target_char(char c) {
  return is_url_letter(c) || is_url_digit(c) ||
         std::string_view("-._~!$&'()*+,;=:@/?").find(c) != std::string_view::npos;
}

Result<void> check_characters(std::string_view url) {
  if (url.empty()) return bad_url("is empty");
  if (url.size() > kMaxGuardedUrl) {
    return bad_url("is longer than " + std::to_string(kMaxGuardedUrl) + " bytes");
  }
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return bad_url("must not hold control characters");
    if (c == ' ') return bad_url("must not hold spaces");
    if (c == '\\') return bad_url("must not hold backslashes");
    if (byte > 0x7f) {
      return bad_url("must be ASCII: write an international host name as punycode (xn--…)");
    }
  }
  return {};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = ec == std::errc() && end == text.data() + text.size();
  if (!whole || port == 0 || port > 65535 || text.front() == '0') {
    return bad_url("has a port that is not a number from 1 to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

// Four decimal numbers without leading zeros: the one form that every parser reads alike.
std::optional<ip::address_v4> parse_canonical_v4(std::string_view host) {
  std::uint32_t number = 0;
  for (int part = 0; part < 4; ++part) {
    const auto dot = host.find('.');
    const auto text = host.substr(0, dot);
    if ((dot == std::string_view::npos) != (part == 3)) return std::nullopt;
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
      return std::nullopt;
    }
    unsigned octet = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), octet);
    if (ec != std::errc() || end != text.data() + text.size() || octet > 255) return std::nullopt;
    number = (number << 8U) | octet;
    if (part < 3) host.remove_prefix(dot + 1);
  }
  return ip::address_v4(number);
}

// The rule by which browsers and inet_aton take a host for an IPv4 address (WHATWG URL §3.5, "ends
// in a number"): the last label is decimal, or hexadecimal after 0x.
bool ends_in_number(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);
  if (last.empty()) return false;  // "1.2.3.4.": refused as a name, by its empty label
  if (std::all_of(last.begin(), last.end(), is_url_digit)) return true;
  return last.size() >= 2 && last[0] == '0' && last[1] == 'x' &&
         std::all_of(last.begin() + 2, last.end(), is_url_hex);
}

Result<void> check_label(std::string_view label) {
  if (label.empty()) return bad_url("has an empty label in its host name (a dot too many)");
  if (label.size() > kMaxHostLabel) return bad_url("has a host name label over 63 characters");
  const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
    return is_url_letter(c) || is_url_digit(c) || c == '-';
  });
  if (!plain) return bad_url("has a host name of other than letters, digits, hyphens and dots");
  if (label.front() == '-' || label.back() == '-') {
    return bad_url("has a host name label that begins or ends with a hyphen");
  }
  if (label == "xn-" || label == "xn--") return bad_url("has an empty punycode label");
  return {};
}

// Names that by definition lead inside, or to no DNS name at all.
Result<void> check_special_name(std::string_view host, const SsrfPolicy& policy) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kInside{
      {{"localhost", "RFC 6761"},
       {"local", "RFC 6762"},
       {"internal", "ICANN resolution 2024.07.29.06"},
       {"home.arpa", "RFC 8375"},
       {"onion", "RFC 7686"}}};
  if (policy.allow_private) return {};
  if (policy.allow_loopback_for_tests && host == "localhost") return {};
  for (const auto& [name, source] : kInside) {
    const bool below = host.size() > name.size() && host.ends_with(name) &&
                       host[host.size() - name.size() - 1] == '.';
    if (host == name || below) {
      return refused_url("names a host in \"" + std::string(name) + "\" (" + std::string(source) +
                         ")");
    }
  }
  if (host.find('.') == std::string_view::npos) {
    return refused_url("must name a fully qualified host");
  }
  return {};
}

Result<void> check_host_name(std::string_view host, const SsrfPolicy& policy) {
  if (host.size() > kMaxHostName) return bad_url("has a host name over 253 characters");
  for (std::size_t begin = 0; begin <= host.size();) {
    const auto dot = std::min(host.find('.', begin), host.size());
    if (auto label = check_label(host.substr(begin, dot - begin)); !label) return label;
    begin = dot + 1;
  }
  return check_special_name(host, policy);
}

// "host", "host:port", "[v6]", "[v6]:port" → host and port text.
struct SplitAuthority {
  std::string_view host;
  std::optional<std::string_view> port;
  bool bracketed = false;
};

Result<SplitAuthority> split_authority(std::string_view authority) {
  SplitAuthority split;
  if (authority.find('@') != std::string_view::npos) {
    return bad_url("must not hold a user name or password");
  }
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_url("has an unclosed [ in its host");
    split.bracketed = true;
    split.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') {
      return bad_url("has something other than a port after ]");
    }
    if (!authority.empty()) split.port = authority.substr(1);
  } else {
    const auto colon = authority.find(':');
    split.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) split.port = authority.substr(colon + 1);
  }
  if (split.host.empty()) return bad_url("has no host");
  return split;
}

Result<void> read_host(const SplitAuthority& split, const SsrfPolicy& policy, ParsedTarget& out) {
  if (split.bracketed) {
    if (split.host.find('%') != std::string_view::npos) {
      return bad_url("must not hold an IPv6 zone id");
    }
    boost::system::error_code ec;
    const auto v6 = ip::make_address_v6(std::string(split.host), ec);
    if (ec) return bad_url("has a malformed IPv6 address in its host");
    out.literal = v6;
    out.host = v6.to_string();
    return {};
  }
  out.host = lower_text(split.host);
  if (ends_in_number(out.host)) {
    const auto v4 = parse_canonical_v4(out.host);
    if (!v4) return bad_url("has an IPv4 address that is not four plain decimal numbers");
    out.literal = *v4;
    return {};
  }
  return check_host_name(out.host, policy);
}

Result<void> read_target(std::string_view text, ParsedTarget& out) {
  if (text.find('#') != std::string_view::npos) return bad_url("must not have a fragment (#…)");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_url_hex(text[i + 1]) || !is_url_hex(text[i + 2])) {
        return bad_url("has a % that is not followed by two hexadecimal digits");
      }
      i += 2;
    } else if (!is_target_char(text[i])) {
      return bad_url(std::string("must percent-encode the character ") + text[i]);
    }
  }
  if (!text.starts_with('/')) out.target = "/";
  out.target += text;
  return {};
}

Result<std::string_view> read_scheme(std::string_view url, ParsedTarget& out) {
  const auto colon = url.find(':');
  const auto scheme = lower_text(url.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return bad_url("must begin with https://");
  }
  auto rest = url.substr(colon + 1);
  if (!rest.starts_with("//")) return bad_url("must have // after its scheme");
  out.scheme = scheme;
  return rest.substr(2);
}

// Scheme and port, once the host is known: tests may use any of both on loopback.
Result<void> check_transport(const ParsedTarget& target, const SsrfPolicy& policy) {
  const bool loopback = target.literal ? target.literal->is_loopback() : target.host == "localhost";
  if (policy.allow_private || (policy.allow_loopback_for_tests && loopback)) return {};
  if (target.scheme == "http" && !policy.allow_http) {
    return refused_url("must begin with https://: http is not allowed here");
  }
  const auto& ports = policy.allowed_ports;
  const bool allowed = ports.empty() ||
                       std::find(ports.begin(), ports.end(), target.port) != ports.end() ||
                       (policy.allow_http && target.port == 80);
  if (!allowed) {
    return refused_url("names port " + std::to_string(target.port) + ", which is not allowed");
  }
  return {};
}

}  // namespace

std::string ParsedTarget::authority() const {
  const bool v6 = literal && literal->is_v6();
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ParsedTarget::url() const {
  const bool is_default = port == (scheme == "https" ? 443 : 80);
  auto where = authority();
  if (is_default) where.resize(where.rfind(':'));
  return scheme + "://" + where + target;
}

Result<ParsedTarget> check_webhook_url(std::string_view url, const SsrfPolicy& policy) {
  if (auto ok = check_characters(url); !ok) return ok.error();
  ParsedTarget out;
  const auto rest = read_scheme(url, out);
  if (!rest) return rest.error();
  const auto end = std::min(rest->find_first_of("/?#"), rest->size());

  const auto split = split_authority(rest->substr(0, end));
  if (!split) return split.error();
  if (auto ok = read_host(*split, policy, out); !ok) return ok.error();
  out.port = out.scheme == "https" ? 443 : 80;
  if (split->port) {
    const auto port = parse_port(*split->port);
    if (!port) return port.error();
    out.port = *port;
  }
  if (auto ok = read_target(rest->substr(end), out); !ok) return ok.error();

  if (auto ok = check_transport(out, policy); !ok) return ok.error();
  if (out.literal) {
    if (auto ok = check_address(*out.literal, out.port, policy); !ok) return ok.error();
  }
  return out;
}

}  // namespace taskgate::net

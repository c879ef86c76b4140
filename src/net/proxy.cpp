#include "taskgate/net/proxy.hpp"

#include "net/percent.hpp"
#include "taskgate/core/base64.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace taskgate::net {
namespace {

Error bad_proxy(const char* why) {
  return Error(Errc::invalid_argument, std::string("proxy: ") + why);
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<boost::asio::ip::address> literal_of(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(std::string(text), failed);
  if (failed) return std::nullopt;
  return address;
}

// v4-mapped IPv6 as the IPv4 address that it is.
std::vector<unsigned char> bytes_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    const auto bytes = make_address_v4(boost::asio::ip::v4_mapped, v6).to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = v6.to_bytes();
  return {bytes.begin(), bytes.end()};
}

bool has_prefix(const std::vector<unsigned char>& address,
                const std::vector<unsigned char>& network,
                unsigned bits) {
  if (address.size() != network.size()) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(network.begin(), network.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.begin()))
    return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8 - rest) & 0xFFU;
  return (address[whole] & mask) == (network[whole] & mask);
}

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc() && stop == end;
}

bool is_loopback_target(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;  // RFC 6761 §6.3
  const auto address = literal_of(host);
  return address && address->is_loopback();
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = without_blanks(text);
  if (rest.starts_with("https://"))
    return bad_proxy("only http:// proxies are known; what goes through one is encrypted anyway");
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  if (rest.find("://") != std::string_view::npos) return bad_proxy("it must begin with http://");
  Proxy proxy;
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  const auto at = rest.substr(0, end).rfind('@');
  if (at != std::string_view::npos) {
    const auto credentials = percent_decode(rest.substr(0, at), PlusSign::is_itself);
    if (!credentials) return bad_proxy("the credentials are malformed");
    const bool whole = credentials->find(':') != std::string::npos;
    proxy.authorization =
        Secret("Basic " + base64_encode(whole ? *credentials : *credentials + ":"));
    rest.remove_prefix(at + 1);
  }
  const auto url = parse_url(std::string(kScheme).append(rest));
  if (!url) return bad_proxy("the host or the port is malformed");
  if (url->target != "/") return bad_proxy("a proxy has no path");
  proxy.host = url->host;
  proxy.port = url->port;
  return proxy;
}

Result<ProxyRules> ProxyRules::make(const ProxySettings& settings) {
  ProxyRules rules;
  for (const auto& [text, list] :
       {std::pair{&settings.https, &rules.https_}, std::pair{&settings.http, &rules.http_}}) {
    if (text->empty()) continue;
    auto proxy = parse_proxy(text->reveal());
    if (!proxy) return proxy.error();
    list->push_back(std::move(*proxy));
  }
  std::string_view rest = settings.no_proxy;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto entry = without_blanks(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (entry.empty()) continue;
    auto bypass = parse_bypass(entry);
    if (!bypass) return bypass.error();
    rules.direct_.push_back(std::move(*bypass));
  }
  return rules;
}

Result<ProxyRules::Bypass> ProxyRules::parse_bypass(std::string_view entry) {
  Bypass bypass;
  if (const auto address = literal_of(entry)) {
    bypass.network = bytes_of(*address);
    bypass.prefix = static_cast<unsigned>(8 * bypass.network.size());
    return bypass;
  }
  if (const auto slash = entry.find('/'); slash != std::string_view::npos) {
    const auto address = literal_of(entry.substr(0, slash));
    if (!address || !parse_whole(entry.substr(slash + 1), bypass.prefix))
      return bad_proxy("no_proxy holds a malformed network");
    bypass.network = bytes_of(*address);
    if (bypass.prefix > 8 * bypass.network.size())
      return bad_proxy("no_proxy holds a network with too long a prefix");
    return bypass;
  }
  if (const auto colon = entry.rfind(':'); colon != std::string_view::npos) {
    if (!parse_whole(entry.substr(colon + 1), bypass.port))
      return bad_proxy("no_proxy holds a malformed port");
    auto inner = parse_bypass(entry.substr(0, colon));
    if (inner) inner->port = bypass.port;
    return inner;
  }
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  bypass.name = entry;
  std::transform(bypass.name.begin(), bypass.name.end(), bypass.name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return bypass;
}

bool ProxyRules::covers(const Bypass& bypass, const Url& target) {
  if (bypass.port != 0 && bypass.port != target.port) return false;
  if (bypass.name == "*") return true;
  if (!bypass.network.empty()) {
    const auto address = literal_of(target.host);
    return address && has_prefix(bytes_of(*address), bypass.network, bypass.prefix);
  }
  const std::string& host = target.host;
  if (host == bypass.name) return true;
  return host.size() > bypass.name.size() && host.ends_with(bypass.name) &&
         host[host.size() - bypass.name.size() - 1] == '.';
}

const Proxy* ProxyRules::for_target(const Url& target) const {
  const auto& proxy = target.tls ? https_ : http_;
  if (proxy.empty() || is_loopback_target(target.host)) return nullptr;
  const bool direct = std::any_of(direct_.begin(), direct_.end(),
                                  [&](const Bypass& bypass) { return covers(bypass, target); });
  return direct ? nullptr : &proxy.front();
}

}  // namespace taskgate::net

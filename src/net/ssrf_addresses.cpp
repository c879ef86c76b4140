// The address half of the guard: the table of what is not global unicast, and who may pass.

#include "taskgate/net/ssrf_guard.hpp"

#include <algorithm>
#include <array>

namespace taskgate::net {
namespace {

namespace ip = boost::asio::ip;

struct DeniedV4 {
  std::uint32_t network;
  int prefix;
  const char* rule;
};

constexpr std::uint32_t v4_network(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

// IANA IPv4 Special-Purpose Address Registry (RFC 6890 and its updates), the blocks that are not
// globally reachable, and multicast (RFC 5771).
constexpr std::array<DeniedV4, 17> kDeniedV4{{
    {v4_network(0, 0, 0, 0), 8, "\"this network\" (RFC 791 §3.2)"},
    {v4_network(10, 0, 0, 0), 8, "a private network (RFC 1918)"},
    {v4_network(100, 64, 0, 0), 10, "shared address space (RFC 6598)"},
    {v4_network(127, 0, 0, 0), 8, "loopback (RFC 1122 §3.2.1.3)"},
    {v4_network(169, 254, 0, 0), 16, "link-local (RFC 3927)"},
    {v4_network(172, 16, 0, 0), 12, "a private network (RFC 1918)"},
    {v4_network(192, 0, 0, 0), 24, "IETF protocol assignments (RFC 6890)"},
    {v4_network(192, 0, 2, 0), 24, "documentation (RFC 5737)"},
    {v4_network(192, 88, 99, 0), 24, "6to4 relay anycast (RFC 7526)"},
    {v4_network(192, 168, 0, 0), 16, "a private network (RFC 1918)"},
    {v4_network(198, 18, 0, 0), 15, "benchmarking (RFC 2544)"},
    {v4_network(198, 51, 100, 0), 24, "documentation (RFC 5737)"},
    {v4_network(203, 0, 113, 0), 24, "documentation (RFC 5737)"},
    {v4_network(224, 0, 0, 0), 4, "multicast (RFC 5771)"},
    {v4_network(255, 255, 255, 255), 32, "limited broadcast (RFC 919)"},
    {v4_network(240, 0, 0, 0), 4, "reserved (RFC 1112 §4)"},
    // learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16: a public address
    // that inside Azure reaches the host's agent.
    {v4_network(168, 63, 129, 16), 32, "a cloud platform's own address (Azure)"},
}};

using V6Groups = std::array<std::uint16_t, 8>;

struct DeniedV6 {
  V6Groups network;
  int prefix;
  const char* rule;
};

// IANA IPv6 Special-Purpose Address Registry (RFC 6890 and its updates). First match wins, so the
// narrow blocks stand before the wide ones that hold them.
constexpr std::array<DeniedV6, 20> kDeniedV6{{
    {{0, 0, 0, 0, 0, 0, 0, 0}, 128, "the unspecified address (RFC 4291 §2.5.2)"},
    {{0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback (RFC 4291 §2.5.3)"},
    {{0, 0, 0, 0, 0, 0, 0, 0}, 96, "IPv4-compatible IPv6 (RFC 4291 §2.5.5.1)"},
    {{0, 0, 0, 0, 0xffff, 0, 0, 0}, 96, "IPv4-translated IPv6 (RFC 2765)"},
    {{0x64, 0xff9b, 0, 0, 0, 0, 0, 0}, 96, "NAT64 (RFC 6052)"},
    {{0x64, 0xff9b, 1, 0, 0, 0, 0, 0}, 48, "local-use NAT64 (RFC 8215)"},
    {{0x100, 0, 0, 0, 0, 0, 0, 0}, 64, "discard-only (RFC 6666)"},
    {{0x2001, 0, 0, 0, 0, 0, 0, 0}, 32, "Teredo (RFC 4380)"},
    {{0x2001, 2, 0, 0, 0, 0, 0, 0}, 48, "benchmarking (RFC 5180)"},
    {{0x2001, 0x10, 0, 0, 0, 0, 0, 0}, 28, "ORCHID (RFC 4843)"},
    {{0x2001, 0x20, 0, 0, 0, 0, 0, 0}, 28, "ORCHIDv2 (RFC 7343)"},
    {{0x2001, 0, 0, 0, 0, 0, 0, 0}, 23, "IETF protocol assignments (RFC 2928)"},
    {{0x2001, 0xdb8, 0, 0, 0, 0, 0, 0}, 32, "documentation (RFC 3849)"},
    {{0x2002, 0, 0, 0, 0, 0, 0, 0}, 16, "6to4 (RFC 3056)"},
    {{0x3fff, 0, 0, 0, 0, 0, 0, 0}, 20, "documentation (RFC 9637)"},
    {{0x5f00, 0, 0, 0, 0, 0, 0, 0}, 16, "segment routing (RFC 9602)"},
    {{0xfc00, 0, 0, 0, 0, 0, 0, 0}, 7, "a unique local address (RFC 4193)"},
    {{0xfe80, 0, 0, 0, 0, 0, 0, 0}, 10, "link-local (RFC 4291 §2.5.6)"},
    {{0xfec0, 0, 0, 0, 0, 0, 0, 0}, 10, "site-local (RFC 3879)"},
    {{0xff00, 0, 0, 0, 0, 0, 0, 0}, 8, "multicast (RFC 4291 §2.7)"},
}};
// IANA IPv6 Global Unicast Address Assignments: all that was ever given out lies in 2000::/3.
constexpr DeniedV6 kGlobalUnicastV6{{0x2000, 0, 0, 0, 0, 0, 0, 0}, 3, "not global unicast"};

bool lies_in(std::uint32_t address, const DeniedV4& block) {
  const std::uint32_t mask = ~std::uint32_t{0} << static_cast<unsigned>(32 - block.prefix);
  return (address & mask) == block.network;
}

bool lies_in(const V6Groups& address, const DeniedV6& block) {
  int left = block.prefix;
  for (std::size_t i = 0; i < address.size() && left > 0; ++i, left -= 16) {
    const unsigned host_bits = left >= 16 ? 0U : static_cast<unsigned>(16 - left);
    const unsigned mask = (0xffffU << host_bits) & 0xffffU;
    if ((address[i] & mask) != (block.network[i] & mask)) return false;
  }
  return true;
}

V6Groups groups_of(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  V6Groups groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<std::uint16_t>((bytes[2 * i] << 8U) | bytes[2 * i + 1]);
  }
  return groups;
}

const char* denied_rule(const ip::address& address) {
  if (address.is_v4()) {
    const auto number = address.to_v4().to_uint();
    for (const auto& block : kDeniedV4) {
      if (lies_in(number, block)) return block.rule;
    }
    return nullptr;
  }
  const auto groups = groups_of(address.to_v6());
  for (const auto& block : kDeniedV6) {
    if (lies_in(groups, block)) return block.rule;
  }
  if (!lies_in(groups, kGlobalUnicastV6)) return kGlobalUnicastV6.rule;
  return nullptr;
}

// Where clouds answer with credentials, outside of the link-local blocks: AWS
// (docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html), Alibaba Cloud.
bool is_metadata_service(const ip::address& address) {
  static const auto kAws = ip::make_address("fd00:ec2::254");
  static const auto kAlibaba = ip::make_address("100.100.100.200");
  return address == kAws || address == kAlibaba;
}

// What an operator may have behind a name of their own: RFC 1918, RFC 6598 (which overlay networks
// use), loopback, RFC 4193.
bool is_private(const ip::address& address) {
  if (is_metadata_service(address)) return false;
  if (address.is_loopback()) return true;
  if (address.is_v6()) return (address.to_v6().to_bytes()[0] & 0xfe) == 0xfc;
  const auto number = address.to_v4().to_uint();
  constexpr std::array<DeniedV4, 4> kPrivateV4{{{v4_network(10, 0, 0, 0), 8, ""},
                                                {v4_network(172, 16, 0, 0), 12, ""},
                                                {v4_network(192, 168, 0, 0), 16, ""},
                                                {v4_network(100, 64, 0, 0), 10, ""}}};
  return std::any_of(kPrivateV4.begin(), kPrivateV4.end(),
                     [&](const DeniedV4& block) { return lies_in(number, block); });
}

// ::ffff:10.0.0.1 reaches 10.0.0.1 (RFC 4291 §2.5.5.2). A scope id names an interface, not a host.
ip::address canonical_address(const ip::address& address) {
  if (!address.is_v6()) return address;
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  return ip::address_v6(v6.to_bytes());
}

bool is_own_listener(const ip::address& address,
                     std::uint16_t port,
                     const std::vector<ListenEndpoint>& own) {
  return std::any_of(own.begin(), own.end(), [&](const ListenEndpoint& endpoint) {
    if (endpoint.port != port) return false;
    const auto listens = canonical_address(endpoint.address);
    return listens.is_unspecified() ? address.is_loopback() : listens == address;
  });
}

}  // namespace

Result<void> check_address(const ip::address& address,
                           std::uint16_t port,
                           const SsrfPolicy& policy) {
  const auto judged = canonical_address(address);
  const auto refused = [&](const std::string& why) {
    Error error(Errc::forbidden, why);
    error.with_detail(judged.to_string() + " port " + std::to_string(port));
    return error;
  };
  if (is_own_listener(judged, port, policy.own_listeners)) {
    return refused("the address is this server's own");
  }
  if (policy.allow_loopback_for_tests && judged.is_loopback()) return {};
  if (policy.allow_private && is_private(judged)) return {};
  if (const char* rule = denied_rule(judged)) {
    return refused(std::string("the address is refused: ") + rule);
  }
  const auto& ports = policy.allowed_ports;
  const bool port_allowed = ports.empty() || policy.allow_private ||
                            std::find(ports.begin(), ports.end(), port) != ports.end() ||
                            (policy.allow_http && port == 80);
  if (!port_allowed) return refused("port " + std::to_string(port) + " is not allowed");
  return {};
}

}  // namespace taskgate::net

#include "taskgate/net/ssrf_guard.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

namespace taskgate::net {

std::vector<ListenEndpoint> own_endpoints(const boost::asio::ip::address& address,
                                          std::uint16_t port) {
  std::vector<ListenEndpoint> found{{address, port}};
  if (!address.is_unspecified()) return found;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return found;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
  for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (entry->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, entry->ifa_addr, sizeof v4);
      found.push_back({boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)), port});
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, entry->ifa_addr, sizeof v6);
      boost::asio::ip::address_v6::bytes_type bytes{};
      std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
      found.push_back({boost::asio::ip::address_v6(bytes), port});
    }
  }
  return found;
}

}  // namespace taskgate::net

#pragma once
// An HTTP proxy on loopback that opens CONNECT tunnels, all of them to one port whatever they ask
// for, and notes what was asked.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace taskgate::test {

/// Own threads. Thread-safe.
class TunnelProxy {
 public:
  explicit TunnelProxy(std::uint16_t backend);
  ~TunnelProxy();
  TunnelProxy(const TunnelProxy&) = delete;
  TunnelProxy& operator=(const TunnelProxy&) = delete;

  std::uint16_t port() const;
  /// The heads of the requests for a tunnel.
  std::vector<std::string> heads() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskgate::test

#pragma once
// Idle keep-alive connections by origin (scheme, host, port).

#include "net/client_connection.hpp"
#include "taskgate/runtime/steady.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace taskgate::net {

struct PoolLimits {
  std::size_t max_idle_per_origin = 64;
  std::size_t max_idle = 1024;
  std::chrono::milliseconds idle_lifetime{30'000};
};

/// Thread-safe. Held by shared_ptr: its sweep timer's handler and streams under way refer to it.
class ConnectionPool {
 public:
  ConnectionPool(const boost::asio::any_io_executor& executor, PoolLimits limits);

  /// The most recently parked connection of `origin` that is still quiet, and whose address
  /// `policy` still allows; null when there is none.
  std::unique_ptr<ClientConnection> take(const std::string& origin, const AddressPolicy& policy);
  /// Keeps a connection on which nothing is under way, or closes it when there is no room.
  static void park(const std::shared_ptr<ConnectionPool>& pool,
                   std::unique_ptr<ClientConnection> connection);
  void clear();

 private:
  struct Idle {
    Idle(std::unique_ptr<ClientConnection> c, runtime::SteadyTime t)
        : connection(std::move(c)), until(t) {}
    std::unique_ptr<ClientConnection> connection;
    runtime::SteadyTime until;
  };
  static void schedule_sweep(const std::shared_ptr<ConnectionPool>& pool);
  std::vector<Idle> take_expired(runtime::SteadyTime now);

  const PoolLimits limits_;
  std::mutex mutex_;  // guards everything below
  std::unordered_map<std::string, std::vector<Idle>> idle_;
  std::size_t count_ = 0;
  bool sweeping_ = false;
  boost::asio::steady_timer sweep_timer_;
};

}  // namespace taskgate::net

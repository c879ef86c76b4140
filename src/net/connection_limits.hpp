#pragma once
// How many connections there may be, in all and from one address. Shared by the server's threads.

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

namespace taskgate::net {

class ConnectionLimits;

/// One connection's place; given back by the destructor.
class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  ConnectionSlot(ConnectionLimits& limits, boost::asio::ip::address address)
      : limits_(&limits), address_(std::move(address)) {}
  ConnectionSlot(ConnectionSlot&& other) noexcept
      : limits_(std::exchange(other.limits_, nullptr)), address_(std::move(other.address_)) {}
  ConnectionSlot& operator=(ConnectionSlot&&) = delete;
  ~ConnectionSlot();
  explicit operator bool() const noexcept { return limits_ != nullptr; }

 private:
  ConnectionLimits* limits_ = nullptr;
  boost::asio::ip::address address_;
};

/// Thread-safe. Outlives its slots.
class ConnectionLimits {
 public:
  /// `per_address` 0: no such bound.
  ConnectionLimits(std::size_t total, std::size_t per_address)
      : total_(total), per_address_(per_address) {}

  /// An empty slot when a bound is reached.
  ConnectionSlot acquire(const boost::asio::ip::address& address);
  std::size_t open() const noexcept { return open_.load(std::memory_order_relaxed); }

 private:
  friend class ConnectionSlot;
  void release(const boost::asio::ip::address& address);
  bool take_address(const boost::asio::ip::address& address);

  const std::size_t total_;
  const std::size_t per_address_;
  std::atomic<std::size_t> open_{0};
  std::mutex mutex_;
  std::map<boost::asio::ip::address, std::size_t> by_address_;
};

}  // namespace taskgate::net

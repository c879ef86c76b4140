#pragma once
// The deadlines of one thread's connections, looked at together a few times a second: setting one
// is a store, where a timer re-armed for every read would cost more than parsing the request.

#include "taskgate/runtime/steady.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <vector>

namespace taskgate::net {

class DeadlineSweeper;

/// Something with one deadline. Registered from construction to destruction.
class Watched {
 public:
  explicit Watched(DeadlineSweeper& sweeper);
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  virtual ~Watched();

  /// The server drains: end now if idle, soon otherwise. Must not destroy the object.
  virtual void on_drain() = 0;

 protected:
  /// The deadline has passed (by up to one tick). It is disarmed; must not destroy the object.
  virtual void on_deadline() = 0;

  void arm_until(runtime::SteadyTime deadline) noexcept { deadline_ = deadline; }
  void disarm() noexcept { deadline_ = runtime::SteadyTime::max(); }

 private:
  friend class DeadlineSweeper;
  DeadlineSweeper& sweeper_;
  runtime::SteadyTime deadline_ = runtime::SteadyTime::max();
  std::size_t index_ = 0;
};

/// Belongs to one thread; outlives what it watches.
class DeadlineSweeper {
 public:
  explicit DeadlineSweeper(runtime::SteadyDuration tick) : tick_(tick) {}
  DeadlineSweeper(const DeadlineSweeper&) = delete;
  DeadlineSweeper& operator=(const DeadlineSweeper&) = delete;

  /// Sweeps every tick until cancelled.
  boost::asio::awaitable<void> run();
  /// Everything watched, in no order.
  const std::vector<Watched*>& all() const noexcept { return watched_; }

 private:
  friend class Watched;
  void sweep(runtime::SteadyTime now);

  const runtime::SteadyDuration tick_;
  std::vector<Watched*> watched_;
};

}  // namespace taskgate::net

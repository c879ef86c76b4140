#pragma once
// Who may be sent to next: one lane per host with its own limit, taken in turn, so that a receiver
// that hangs fills its own lane and no other. Bookkeeping only; used by the dispatcher's strand.

#include "taskgate/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace taskgate::delivery {

struct LaneLimits {
  std::size_t max_concurrent = 64;
  std::size_t per_host = 4;
  std::size_t max_parked = 8192;
};

class Lanes {
 public:
  explicit Lanes(LaneLimits limits);

  /// Puts a delivery at the end of its host's lane. One that is held already is dropped.
  void park(const std::string& host, store::Delivery delivery);

  struct Ready {
    std::string host;
    store::Delivery delivery;
  };
  /// The next delivery that may start, hosts in turn; it counts as running until done(). nullopt
  /// when every slot is taken or every waiting host is at its limit.
  std::optional<Ready> take();
  void done(const std::string& host, std::int64_t delivery_id);
  /// Forgets a delivery that is parked in that lane; one that runs is left alone.
  void drop(const std::string& host, std::int64_t delivery_id);

  bool has_free_slot() const noexcept { return running_ < limits_.max_concurrent; }
  bool has_room() const noexcept { return held_.size() - running_ < limits_.max_parked; }
  bool is_running(std::int64_t delivery_id) const;
  std::size_t running() const noexcept { return running_; }
  /// Ids parked or running: what the store need not return again.
  std::vector<std::int64_t> held() const;

 private:
  struct Lane {
    std::deque<store::Delivery> parked;
    std::size_t running = 0;
    bool in_turn = false;  // stands in turn_
  };
  void settle(const std::string& host);

  LaneLimits limits_;
  std::unordered_map<std::string, Lane> lanes_;
  std::deque<std::string> turn_;  // hosts with something parked and a free slot of their own
  std::unordered_map<std::int64_t, bool> held_;  // id → is running
  std::size_t running_ = 0;
};

}  // namespace taskgate::delivery

#include "delivery/lanes.hpp"

#include <algorithm>

namespace taskgate::delivery {

Lanes::Lanes(LaneLimits limits) : limits_(limits) {}

// Restores the invariants of one lane: in turn exactly while it can start something, gone when
// empty. A host whose lane dried up stays in turn_ until take() comes across it.
void Lanes::settle(const std::string& host) {
  const auto found = lanes_.find(host);
  if (found == lanes_.end()) return;
  auto& lane = found->second;
  const bool may_start = !lane.parked.empty() && lane.running < limits_.per_host;
  if (may_start && !lane.in_turn) {
    lane.in_turn = true;
    turn_.push_back(host);
  }
  if (lane.parked.empty() && lane.running == 0 && !lane.in_turn) lanes_.erase(found);
}

void Lanes::park(const std::string& host, store::Delivery delivery) {
  if (!held_.try_emplace(delivery.id, false).second) return;
  lanes_[host].parked.push_back(std::move(delivery));
  settle(host);
}

std::optional<Lanes::Ready> Lanes::take() {
  while (has_free_slot() && !turn_.empty()) {
    Ready ready;
    ready.host = std::move(turn_.front());
    turn_.pop_front();
    auto& lane = lanes_.at(ready.host);
    lane.in_turn = false;
    const bool dried_up = lane.parked.empty();
    if (!dried_up) {
      ready.delivery = std::move(lane.parked.front());
      lane.parked.pop_front();
      ++lane.running;
      ++running_;
      held_[ready.delivery.id] = true;
    }
    settle(ready.host);
    if (!dried_up) return ready;
  }
  return std::nullopt;
}

void Lanes::done(const std::string& host, std::int64_t delivery_id) {
  held_.erase(delivery_id);
  --lanes_.at(host).running;
  --running_;
  settle(host);
}

void Lanes::drop(const std::string& host, std::int64_t delivery_id) {
  const auto lane = lanes_.find(host);
  if (lane == lanes_.end()) return;
  const auto dropped = std::erase_if(
      lane->second.parked, [&](const store::Delivery& parked) { return parked.id == delivery_id; });
  if (dropped == 0) return;
  held_.erase(delivery_id);
  settle(host);
}

bool Lanes::is_running(std::int64_t delivery_id) const {
  const auto held = held_.find(delivery_id);
  return held != held_.end() && held->second;
}

std::vector<std::int64_t> Lanes::held() const {
  std::vector<std::int64_t> ids;
  ids.reserve(held_.size());
  for (const auto& [id, is_running] : held_) ids.push_back(id);
  return ids;
}

}  // namespace taskgate::delivery

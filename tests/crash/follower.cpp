#include "crash/follower.hpp"

#include <utility>

namespace taskgate::crash {

Follower::Follower(ServerAddress& address, std::string id)
    : id_(std::move(id)), thread_([this, &address] { run(address); }) {}

Follower::~Follower() {
  join();
}

void Follower::join() {
  if (thread_.joinable()) thread_.join();
}

void Follower::run(ServerAddress& address) {
  int life_number = 0;
  while (const auto life = address.next_life(life_number)) {
    const test::FragileClient api(life->port);
    const auto last = events_.empty() ? 0 : events_.back().id;
    const auto outcome = api.read_stream(id_, last);
    if (outcome.status != 0) ++connections_;
    events_.insert(events_.end(), outcome.events.begin(), outcome.events.end());
    seen_ = events_.size();
    if (outcome.status == 204) {
      told_to_stop_ = true;
      return;
    }
    if (!address.is_up(*life)) life_number = life->number;
  }
}

}  // namespace taskgate::crash

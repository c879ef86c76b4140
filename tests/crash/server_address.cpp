#include "crash/server_address.hpp"

namespace taskgate::crash {

void ServerAddress::up(std::uint16_t port, Announcement announcement) {
  std::lock_guard lock(mutex_);
  announcement_ = announcement;
  life_.port = port;
  ++life_.number;
  is_up_ = true;
  changed_.notify_all();
}

void ServerAddress::down() {
  std::lock_guard lock(mutex_);
  is_up_ = false;
  changed_.notify_all();
}

void ServerAddress::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::optional<Life> ServerAddress::next_life(int after) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || (is_up_ && life_.number > after); });
  if (stopped_) return std::nullopt;
  return life_;
}

bool ServerAddress::is_up(const Life& life) const {
  std::lock_guard lock(mutex_);
  return !stopped_ && is_up_ && life_.number == life.number;
}

bool ServerAddress::may_blame(const Life& life) const {
  std::lock_guard lock(mutex_);
  return announcement_ == Announcement::first && !stopped_ && is_up_ && life_.number == life.number;
}

bool ServerAddress::pause(const Life& life, std::chrono::microseconds pause) const {
  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return stopped_ || !is_up_ || life_.number != life.number; };
  return !changed_.wait_for(lock, pause, is_over);
}

}  // namespace taskgate::crash

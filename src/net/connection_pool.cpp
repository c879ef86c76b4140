#include "net/connection_pool.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::net {

using runtime::SteadyClock;
using runtime::SteadyTime;

ConnectionPool::ConnectionPool(const boost::asio::any_io_executor& executor, PoolLimits limits)
    : limits_(limits), sweep_timer_(executor) {}

std::unique_ptr<ClientConnection> ConnectionPool::take(const std::string& origin,
                                                       const AddressPolicy& policy) {
  for (;;) {
    std::unique_ptr<ClientConnection> connection;
    {
      std::lock_guard lock(mutex_);
      const auto found = idle_.find(origin);
      if (found == idle_.end()) return nullptr;
      Idle newest = std::move(found->second.back());
      found->second.pop_back();
      --count_;
      if (found->second.empty()) idle_.erase(found);
      if (newest.until < SteadyClock::now()) continue;
      connection = std::move(newest.connection);
    }
    if (!connection->is_quiet()) continue;
    const auto& peer = connection->peer();
    if (policy && !policy(peer.address(), peer.port())) continue;
    return connection;
  }
}

void ConnectionPool::park(const std::shared_ptr<ConnectionPool>& pool,
                          std::unique_ptr<ClientConnection> connection) {
  connection->release_buffer();
  std::string origin = connection->origin();
  std::lock_guard lock(pool->mutex_);
  if (pool->count_ >= pool->limits_.max_idle || pool->limits_.max_idle_per_origin == 0) return;
  auto& list = pool->idle_[std::move(origin)];
  if (list.size() >= pool->limits_.max_idle_per_origin) return;
  list.emplace_back(std::move(connection), SteadyClock::now() + pool->limits_.idle_lifetime);
  ++pool->count_;
  if (!pool->sweeping_) schedule_sweep(pool);
}

void ConnectionPool::clear() {
  std::unordered_map<std::string, std::vector<Idle>> closing;
  std::lock_guard lock(mutex_);
  closing.swap(idle_);
  count_ = 0;
  sweep_timer_.cancel();
}

// Precondition: the mutex is held.
void ConnectionPool::schedule_sweep(const std::shared_ptr<ConnectionPool>& pool) {
  pool->sweeping_ = true;
  pool->sweep_timer_.expires_after(pool->limits_.idle_lifetime);
  const std::weak_ptr<ConnectionPool> weak = pool;  // the timer must not keep the pool alive
  pool->sweep_timer_.async_wait([weak](boost::system::error_code) {
    const auto self = weak.lock();
    if (!self) return;
    std::vector<Idle> closing;  // closed after the lock is gone
    std::lock_guard lock(self->mutex_);
    closing = self->take_expired(SteadyClock::now());
    self->sweeping_ = false;
    if (self->count_ != 0) schedule_sweep(self);
  });
}

// Precondition: the mutex is held.
std::vector<ConnectionPool::Idle> ConnectionPool::take_expired(SteadyTime now) {
  std::vector<Idle> expired;
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    auto& list = entry->second;  // oldest first
    const auto fresh = std::find_if(list.begin(), list.end(),
                                    [now](const Idle& idle) { return idle.until > now; });
    std::move(list.begin(), fresh, std::back_inserter(expired));
    list.erase(list.begin(), fresh);
    entry = list.empty() ? idle_.erase(entry) : std::next(entry);
  }
  count_ -= expired.size();
  return expired;
}

}  // namespace taskgate::net

#include "net/connection_limits.hpp"

namespace taskgate::net {

ConnectionSlot::~ConnectionSlot() {
  if (limits_) limits_->release(address_);
}

ConnectionSlot ConnectionLimits::acquire(const boost::asio::ip::address& address) {
  if (open_.fetch_add(1) >= total_ || !take_address(address)) {
    open_.fetch_sub(1);
    return ConnectionSlot();
  }
  return ConnectionSlot(*this, address);
}

bool ConnectionLimits::take_address(const boost::asio::ip::address& address) {
  if (per_address_ == 0) return true;
  std::lock_guard lock(mutex_);
  auto& count = by_address_[address];
  if (count >= per_address_) return false;
  ++count;
  return true;
}

void ConnectionLimits::release(const boost::asio::ip::address& address) {
  open_.fetch_sub(1);
  if (per_address_ == 0) return;
  std::lock_guard lock(mutex_);
  const auto it = by_address_.find(address);
  if (it != by_address_.end() && --it->second == 0) by_address_.erase(it);
}

}  // namespace taskgate::net

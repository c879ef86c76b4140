#include "engine/finished_cache.hpp"

#include <iterator>
#include <utility>

namespace taskgate::engine {

void FinishedCache::put(FinishedTask finished) {
  const auto size = cost(finished);
  if (size > byte_limit_ / 16) return;  // one giant must not empty the cache
  std::lock_guard lock(mutex_);
  if (const auto old = index_.find(finished.task.ref); old != index_.end()) drop(old->second);
  order_.push_front(std::move(finished));
  index_.emplace(order_.front().task.ref, order_.begin());
  bytes_ += size;
  while (bytes_ > byte_limit_) drop(std::prev(order_.end()));
}

std::optional<FinishedTask> FinishedCache::find(const TaskRef& ref) {
  std::lock_guard lock(mutex_);
  const auto found = index_.find(ref);
  if (found == index_.end()) return std::nullopt;
  order_.splice(order_.begin(), order_, found->second);
  return *found->second;
}

void FinishedCache::erase(const TaskRef& ref) {
  std::lock_guard lock(mutex_);
  if (const auto found = index_.find(ref); found != index_.end()) drop(found->second);
}

void FinishedCache::clear() {
  std::lock_guard lock(mutex_);
  index_.clear();
  order_.clear();
  bytes_ = 0;
}

void FinishedCache::drop(Order::iterator place) {
  bytes_ -= cost(*place);
  index_.erase(place->task.ref);
  order_.erase(place);
}

std::size_t FinishedCache::cost(const FinishedTask& finished) {
  constexpr std::size_t kOverhead = 512;  // row, list and map nodes
  return kOverhead + finished.object->size() + finished.task.metadata.size() +
         finished.task.tags.size();
}

}  // namespace taskgate::engine

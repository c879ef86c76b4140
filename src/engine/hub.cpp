#include "engine/hub.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

std::shared_ptr<Hub::Channel> Hub::join(const TaskRef& ref, const std::shared_ptr<Bell>& bell) {
  auto& home = shard(ref);
  std::lock_guard lock(home.mutex);
  if (++home.joins > 1024) {
    std::erase_if(home.channels, [](const auto& entry) { return entry.second.expired(); });
    home.joins = 0;
  }
  auto channel = home.channels[ref].lock();
  if (!channel) {
    channel = std::make_shared<Channel>();
    home.channels[ref] = channel;
  }
  std::lock_guard channel_lock(channel->mutex);
  std::erase_if(channel->bells, [](const auto& other) { return other.expired(); });
  channel->bells.push_back(bell);
  return channel;
}

void Hub::publish(const store::Committed& committed, Peal& peal) {
  std::shared_ptr<Channel> channel;
  {
    auto& home = shard(committed.ref);
    std::lock_guard lock(home.mutex);
    const auto found = home.channels.find(committed.ref);
    if (found == home.channels.end()) return;
    channel = found->second.lock();
    if (!channel) {
      home.channels.erase(found);
      return;
    }
  }
  std::lock_guard lock(channel->mutex);
  for (const auto& event : committed.events) {
    channel->tail.push_back(event);
    channel->tail_bytes += event.data.size() + sizeof(Event);
    channel->head = event.seq;
  }
  while (channel->tail_bytes > tail_bytes_ && channel->tail.size() > 1) {
    channel->tail_bytes -= channel->tail.front().data.size() + sizeof(Event);
    channel->tail.pop_front();
  }
  for (const auto& weak : channel->bells) {
    if (const auto bell = weak.lock()) peal.add(bell);
  }
}

void Hub::close(Peal& peal) {
  closed_ = true;  // before the bells: whoever joins from here on sees it
  for (auto& home : shards_) {
    std::lock_guard lock(home.mutex);
    for (const auto& [ref, weak] : home.channels) {
      const auto channel = weak.lock();
      if (!channel) continue;
      std::lock_guard channel_lock(channel->mutex);
      for (const auto& bell : channel->bells) {
        if (const auto rung = bell.lock()) peal.add(rung);
      }
    }
  }
}

namespace {

constexpr int kPageEvents = 512;
constexpr std::size_t kPageBytes = 256 * 1024;

Error no_more_events() {
  return Error(Errc::overloaded, "the server is shutting down; follow the task from where you are");
}

class HubSubscription final : public Subscription {
 public:
  HubSubscription(
      Hub& hub, store::Store& store, Task task, std::uint64_t after, asio::any_io_executor executor)
      : hub_(hub),
        store_(store),
        ref_(task.ref),
        beginning_(std::make_unique<const Task>(std::move(task))),
        cursor_(after),
        bell_(std::make_shared<Bell>(executor)) {
    channel_ = hub.join(ref_, bell_);
  }

  asio::awaitable<Result<Batch>> ready() override {
    beginning_.reset();  // an idle follower is to be small
    bell_->clear();
    for (;;) {
      Batch batch;
      if (take_from_tail(batch)) co_return batch;
      if (!behind_tail()) {
        if (hub_.is_closed()) co_return no_more_events();
        co_return batch;
      }
      auto page = co_await store_.events(ref_, cursor_, kPageEvents, kPageBytes);
      if (!page) co_return page.error();
      const auto& read = page.value().events;
      synced_ = read.empty() || read.back().seq >= page.value().last_seq;
      if (take_from_page(page.value(), batch)) co_return batch;
    }
  }

  asio::steady_timer* sleep_until(std::chrono::steady_clock::time_point deadline) override {
    return bell_->arm(deadline);
  }

  const Task& task() const override { return *beginning_; }

 private:
  // Whether the store may hold events after the cursor that the tail does not.
  bool behind_tail() {
    if (!synced_) return true;
    std::lock_guard lock(channel_->mutex);
    return channel_->head > cursor_;
  }

  bool take_from_tail(Batch& batch) {
    std::lock_guard lock(channel_->mutex);
    const auto& tail = channel_->tail;
    if (tail.empty() || tail.front().seq > cursor_ + 1 || tail.back().seq <= cursor_) return false;
    auto event = tail.begin() + static_cast<std::ptrdiff_t>(cursor_ + 1 - tail.front().seq);
    batch.events.assign(event, tail.end());
    finish(batch);
    return true;
  }

  // True when there is something to tell: events, or the end.
  bool take_from_page(store::EventPage& page, Batch& batch) {
    batch.events = std::move(page.events);
    if (!batch.events.empty()) {
      finish(batch);
      return true;
    }
    if (!is_final(page.status)) return false;
    batch.finished = true;
    batch.purged =
        cursor_ < page.last_seq;  // it ended beyond the cursor, yet nothing is left to read
    return true;
  }

  void finish(Batch& batch) {
    cursor_ = batch.events.back().seq;
    batch.finished = is_final(batch.events.back().type);
  }

  const Hub& hub_;
  store::Store& store_;
  const TaskRef ref_;
  std::unique_ptr<const Task> beginning_;
  std::uint64_t cursor_;
  bool synced_ = false;  // since the channel was joined the store has been read to its end
  std::shared_ptr<Bell> bell_;
  std::shared_ptr<Hub::Channel> channel_;
};

}  // namespace

asio::awaitable<Result<Subscription::Batch>> Subscription::next(
    std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto batch = co_await ready();
    if (!batch || !batch->events.empty() || batch->finished) co_return batch;
    if (std::chrono::steady_clock::now() >= deadline) co_return batch;
    auto* const timer = sleep_until(deadline);
    // Expired or rung: look again. A cancelled coroutine throws at its next await.
    if (timer != nullptr) (void)co_await timer->async_wait(asio::as_tuple(asio::deferred));
  }
}

std::unique_ptr<Subscription> make_subscription(
    Hub& hub, store::Store& store, Task task, std::uint64_t after, asio::any_io_executor executor) {
  return std::make_unique<HubSubscription>(hub, store, std::move(task), after, std::move(executor));
}

}  // namespace taskgate::engine

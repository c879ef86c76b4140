#include "taskgate/delivery/dispatcher.hpp"

#include "delivery/attempt.hpp"
#include "delivery/lanes.hpp"
#include "taskgate/core/crash_point.hpp"
#include "taskgate/core/jump_watch.hpp"
#include "taskgate/observe/log.hpp"
#include "taskgate/runtime/mailbox.hpp"
#include "taskgate/runtime/task_group.hpp"
#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <random>

namespace asio = boost::asio;

namespace taskgate::delivery {
namespace {

using runtime::SteadyClock;
using runtime::SteadyTime;
using std::chrono::milliseconds;

constexpr int kFetch = 128;  // rows a query
// Even if the store said again and again that something is due and then returned nothing.
constexpr milliseconds kShortestWait{20};
// The wall clock may be set: look at it at least this often while a retry waits for it.
constexpr milliseconds kLongestNap{10'000};
// A wall clock that lags by this much was set back; less is drift.
constexpr milliseconds kLeastJump{60'000};
constexpr int kDeliveriesOfATask = 100;  // most that are looked at for an earlier 410

void report_escape(std::string_view what, std::exception_ptr error) {
  std::string why = "unknown";
  try {
    std::rethrow_exception(std::move(error));
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
  }
  log::error("delivery.exception", {{"in", what}, {"reason", why}});
}

store::DeliveryAttempt ended_by_410(std::int64_t delivery_id, TimePoint at) {
  store::DeliveryAttempt row;
  row.delivery_id = delivery_id;
  row.at = at;
  row.error = kEndpointGone;
  row.state = store::DeliveryState::exhausted;
  return row;
}

}  // namespace

// Everything but the atomics belongs to the strand.
struct Dispatcher::Impl {
  Impl(store::Store& s,
       net::HttpClient& c,
       const Clock& k,
       const asio::any_io_executor& executor,
       DispatcherOptions o)
      : store(s),
        client(c),
        clock(k),
        options(std::move(o)),
        strand(asio::make_strand(executor)),
        wake(strand),
        lanes({options.max_concurrent, options.per_host, options.max_parked}),
        clock_watch(clock),
        backoff(options.store_backoff),
        random(std::random_device{}()),
        group(report_escape) {}

  // A delivery's place in its lane, for as long as its coroutine lives.
  struct Slot {
    Slot(Impl& i, std::string h, std::int64_t d) : impl(i), host(std::move(h)), id(d) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
      impl.lanes.done(host, id);
      impl.in_flight = impl.lanes.running();
      impl.wake.notify();
    }
    Impl& impl;
    const std::string host;
    const std::int64_t id;
  };

  asio::awaitable<void> run();
  asio::awaitable<void> look_and_wait();
  asio::awaitable<void> fill();
  asio::awaitable<void> follow_clock();
  void start_ready();
  SteadyTime wake_at() const;
  std::string lane_of(const std::string& url) const;

  asio::awaitable<void> deliver(store::Delivery delivery, std::string host);
  asio::awaitable<Result<bool>> endpoint_is_gone(const store::Delivery& delivery);
  asio::awaitable<void> disable_endpoint(store::Delivery gone);
  asio::awaitable<void> record(store::DeliveryAttempt attempt);
  void count(const store::DeliveryAttempt& attempt);

  bool store_is_well() const { return SteadyClock::now() >= store_retry_at; }
  void store_failed(const Error& error);
  void store_worked();

  store::Store& store;
  net::HttpClient& client;
  const Clock& clock;
  const DispatcherOptions options;
  asio::any_io_executor strand;
  runtime::WakeUp wake;
  Lanes lanes;

  bool drained = false;               // the last look found all that was due
  std::optional<TimePoint> next_due;  // while drained: when the next row falls due
  JumpWatch clock_watch;
  SteadyTime store_retry_at{};
  milliseconds backoff;
  std::mt19937_64 random;

  std::atomic<bool> notified{true};
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> delivered{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> exhausted{0};
  std::atomic<std::size_t> in_flight{0};
  runtime::TaskGroup group;
};

// --- the loop ---------------------------------------------------------------------------------

asio::awaitable<void> Dispatcher::Impl::run() {
  while (!stopping) {
    std::exception_ptr error;
    try {
      co_await look_and_wait();
    } catch (const std::exception&) {
      error = std::current_exception();
    }
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    if (error) {
      report_escape("delivery loop", error);
      const Error trouble(Errc::internal, "an exception");
      store_failed(trouble);
    }
  }
}

asio::awaitable<void> Dispatcher::Impl::look_and_wait() {
  if (store_is_well()) co_await follow_clock();
  if (notified.exchange(false) || (next_due && *next_due <= clock.now())) drained = false;
  if (store_is_well()) co_await fill();
  if (stopping) co_return;
  const bool woken = co_await wake.wait_until(wake_at());
  if (!woken) drained = false;  // the next row is due, the store may be well again, or it is time
}

// A retry is due at a time of the wall clock: when that is set back, it would come as much later.
asio::awaitable<void> Dispatcher::Impl::follow_clock() {
  const milliseconds lag = -clock_watch.jump();
  if (lag >= kLeastJump) {
    log::warning("delivery.clock_was_set_back", {{"by_ms", lag.count()}});
    const auto moved = co_await store.bring_deliveries_forward(clock.now(), lag, lanes.held());
    if (!moved) {
      store_failed(moved.error());
      co_return;  // and compared again
    }
    drained = false;
  }
  clock_watch.restart();
}

asio::awaitable<void> Dispatcher::Impl::fill() {
  start_ready();
  if (drained) co_return;
  while (!drained && !stopping && lanes.has_free_slot() && lanes.has_room()) {
    auto due = co_await store.due_deliveries(clock.now(), kFetch, lanes.held());
    if (!due) {
      store_failed(due.error());
      co_return;
    }
    store_worked();
    drained = due->size() < kFetch;
    for (auto& delivery : *due) {
      const auto lane = lane_of(delivery.url);
      lanes.park(lane, std::move(delivery));
    }
    start_ready();
  }
  if (!drained) co_return;
  // Attempts that end during the query bring their own next time: it must not be overwritten.
  next_due.reset();
  auto next = co_await store.next_delivery_at(lanes.held());
  if (!next) {
    store_failed(next.error());
    co_return;
  }
  if (*next && (!next_due || **next < *next_due)) next_due = **next;
}

void Dispatcher::Impl::start_ready() {
  while (!stopping) {
    auto ready = lanes.take();
    if (!ready) return;
    in_flight = lanes.running();
    group.spawn("webhook delivery", strand, runtime::OnError::log,
                deliver(std::move(ready->delivery), std::move(ready->host)));
  }
}

SteadyTime Dispatcher::Impl::wake_at() const {
  if (!store_is_well()) return store_retry_at;
  auto wait = options.poll_interval;
  if (drained && next_due) {
    wait = std::min(wait, kLongestNap);
    wait = std::clamp(*next_due - clock.now(), std::min(kShortestWait, wait), wait);
  }
  return SteadyClock::now() + wait;
}

// A URL that the policy refuses needs no socket; all such share one lane.
std::string Dispatcher::Impl::lane_of(const std::string& url) const {
  const auto target = net::check_webhook_url(url, options.policy);
  return target ? target->authority() : std::string();
}

void Dispatcher::Impl::store_failed(const Error& error) {
  if (backoff == options.store_backoff) {
    log::warning("delivery.store_refused", {{"reason", error.message()}});
  }
  drained = false;
  store_retry_at = SteadyClock::now() + backoff;
  backoff = std::min(backoff * 2, options.store_backoff_limit);
}

void Dispatcher::Impl::store_worked() {
  store_retry_at = {};
  backoff = options.store_backoff;
}

// --- one delivery -----------------------------------------------------------------------------

asio::awaitable<void> Dispatcher::Impl::deliver(store::Delivery delivery, std::string host) {
  const Slot slot(*this, std::move(host), delivery.id);
  if (delivery.attempts == 0) {
    const auto gone = co_await endpoint_is_gone(delivery);
    if (!gone) {
      store_failed(gone.error());
      co_return;
    }
    if (*gone) {
      auto row = ended_by_410(delivery.id, clock.now());
      co_await record(std::move(row));
      co_return;
    }
  }
  store::DeliveryAttempt row;
  row.delivery_id = delivery.id;
  row.due_at = delivery.next_attempt_at;
  row.at = clock.now();
  const auto began = SteadyClock::now();
  const AttemptTools tools{store, client, clock, options};
  TASKGATE_CRASH_POINT("delivery.before_send");
  const auto outcome = co_await attempt_delivery(tools, delivery);
  TASKGATE_CRASH_POINT("delivery.after_send");
  if (!outcome) {
    store_failed(outcome.error());
    co_return;
  }
  const auto took = SteadyClock::now() - began;
  std::uniform_real_distribution<double> zero_to_one(0.0, 1.0);
  const auto judged =
      judge(*outcome, options.schedule, delivery.attempts + 1, clock.now(), zero_to_one(random));
  row.duration_ms = std::chrono::duration_cast<milliseconds>(took).count();
  row.http_status = outcome->http_status;
  row.error = judged.error;
  row.state = judged.state;
  row.next_attempt_at = judged.next_attempt_at;
  co_await record(std::move(row));
  if (judged.endpoint_gone) co_await disable_endpoint(std::move(delivery));
}

// True when this task's URL has answered 410 before. Asked before a row's first attempt only: a row
// that was tried and is pending again was asked for by hand, or is a retry from before the 410 and
// was ended with it.
asio::awaitable<Result<bool>> Dispatcher::Impl::endpoint_is_gone(const store::Delivery& delivery) {
  store::DeliveryFilter filter;
  filter.tenant = delivery.ref.tenant;
  filter.task = delivery.ref.id;
  filter.state = store::DeliveryState::exhausted;
  filter.limit = kDeliveriesOfATask;
  const auto page = co_await store.list_deliveries(std::move(filter));
  if (!page) co_return page.error();
  for (const auto& earlier : page->deliveries) {
    if (earlier.url == delivery.url && earlier.last_error == kEndpointGone) co_return true;
  }
  co_return false;
}

// Ends what else waits for this task's URL; what is on its way to it will hear its own 410.
asio::awaitable<void> Dispatcher::Impl::disable_endpoint(store::Delivery gone) {
  log::warning("delivery.endpoint_gone", {{"task", gone.public_task_id}});
  store::DeliveryFilter filter;
  filter.tenant = gone.ref.tenant;
  filter.task = gone.ref.id;
  filter.state = store::DeliveryState::pending;
  filter.limit = kDeliveriesOfATask;
  const auto page = co_await store.list_deliveries(std::move(filter));
  if (!page) {
    store_failed(page.error());  // the rows are met again, one by one, by endpoint_is_gone
    co_return;
  }
  for (const auto& other : page->deliveries) {
    if (other.url != gone.url || lanes.is_running(other.id)) continue;
    const auto lane = lane_of(other.url);
    lanes.drop(lane, other.id);
    auto row = ended_by_410(other.id, clock.now());
    co_await record(std::move(row));
  }
}

// Keeps at it while the store refuses: the attempt was made, and its slot stays taken, so that a
// sick disk also stops the sending that could not be recorded.
asio::awaitable<void> Dispatcher::Impl::record(store::DeliveryAttempt attempt) {
  for (auto wait = options.store_backoff;;) {
    auto recorded = co_await store.record_attempt(attempt);
    if (recorded) {
      TASKGATE_CRASH_POINT("delivery.after_record");
      store_worked();
      count(attempt);
      break;
    }
    const auto code = recorded.error().code();
    if (code != Errc::storage && code != Errc::overloaded) {
      if (code != Errc::not_found) {  // not_found: purged together with its task
        log::error("delivery.unrecorded",
                   {{"delivery", attempt.delivery_id}, {"reason", recorded.error().message()}});
      }
      break;
    }
    store_failed(recorded.error());
    co_await runtime::sleep_for(wait);
    wait = std::min(wait * 2, options.store_backoff_limit);
  }
}

void Dispatcher::Impl::count(const store::DeliveryAttempt& attempt) {
  if (attempt.state == store::DeliveryState::delivered) {
    ++delivered;
    return;
  }
  ++failed;
  if (attempt.state == store::DeliveryState::exhausted) {
    ++exhausted;
    log::warning("delivery.exhausted",
                 {{"delivery", attempt.delivery_id}, {"reason", attempt.error}});
  } else if (!next_due || attempt.next_attempt_at < *next_due) {
    next_due = attempt.next_attempt_at;
  }
}

// --- the outside ------------------------------------------------------------------------------

Dispatcher::Dispatcher(store::Store& store,
                       net::HttpClient& client,
                       const Clock& clock,
                       asio::any_io_executor executor,
                       DispatcherOptions options)
    : impl_(std::make_unique<Impl>(store, client, clock, executor, std::move(options))) {}

Dispatcher::~Dispatcher() {
  stop(milliseconds(0));
}

void Dispatcher::start() {
  impl_->group.spawn("webhook dispatcher", impl_->strand, runtime::OnError::log, impl_->run());
}

void Dispatcher::notify() {
  impl_->notified = true;
  impl_->wake.notify();
}

void Dispatcher::stop(milliseconds grace) {
  impl_->stopping = true;
  impl_->wake.notify();
  if (impl_->group.wait_for(grace)) return;
  impl_->group.request_stop();
  impl_->group.wait();
}

DispatcherStats Dispatcher::stats() const {
  DispatcherStats out;
  out.delivered = impl_->delivered;
  out.failed = impl_->failed;
  out.exhausted = impl_->exhausted;
  out.in_flight = impl_->in_flight;
  return out;
}

}  // namespace taskgate::delivery

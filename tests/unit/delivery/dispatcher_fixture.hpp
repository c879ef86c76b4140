#pragma once
// What the dispatcher's tests share: a fake outbox, scripted receivers on loopback, a clock whose
// hands the test turns, and two threads, so that a race has a chance to show.

#include "support/fake_store.hpp"
#include "support/scripted_upstream.hpp"
#include "taskgate/delivery/dispatcher.hpp"
#include "taskgate/delivery/signer.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

namespace taskgate::delivery {

class HandClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(now_.load())); }
  void advance(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'772'357'400'000};  // 2026-03-01T09:30:00Z
};

constexpr std::string_view kFixtureSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    options_.policy.allow_loopback_for_tests = true;
    options_.schedule.jitter = 0.0;
    options_.store_backoff = std::chrono::milliseconds(5);
    options_.store_backoff_limit = std::chrono::milliseconds(20);
  }
  ~DispatcherTest() override {
    dispatcher_.reset();
    client_.reset();
    pool_.join();
  }

  /// Starts (again) with what options_ and client_options_ say now.
  void start() {
    dispatcher_.reset();
    client_ = std::make_unique<net::HttpClient>(pool_.get_executor(), client_options_);
    dispatcher_ =
        std::make_unique<Dispatcher>(store_, *client_, clock_, pool_.get_executor(), options_);
    dispatcher_->start();
  }

  /// An outbox row that is due now. The event's data is what the store would hold for its type.
  store::Delivery announce(const std::string& url,
                           const TaskRef& task,
                           EventType type = EventType::task_success,
                           std::uint64_t seq = 7) {
    store::Delivery delivery;
    delivery.ref = task;
    delivery.url = url;
    delivery.created_at = clock_.now();
    delivery.next_attempt_at = clock_.now();
    Event event;
    event.seq = seq;
    event.type = type;
    event.at = clock_.now();
    if (is_final(type)) event.data = R"("task":{"result":{"text":"done"}})";
    return store_.add(std::move(delivery), std::move(event));
  }
  store::Delivery announce(const std::string& url) { return announce(url, new_task()); }
  TaskRef new_task() const { return {"acme", make_task_id(clock_.now())}; }

  /// Turns the clock to the row's next attempt and waits until it is recorded.
  void run_next_attempt(std::int64_t id) {
    const auto before = store_.attempts().size();
    clock_.advance(store_.row(id).next_attempt_at - clock_.now());
    dispatcher_->run_due_now();
    ASSERT_TRUE(store_.wait_for_attempts(before + 1));
  }

  /// Lets stalled answers go until so many attempts are recorded: a reply that has not begun when
  /// release() is called stalls all the same.
  bool release_until_recorded(test::ScriptedUpstream& receiver, std::size_t count) {
    for (int i = 0; i < 1000; ++i) {
      receiver.release();
      if (store_.wait_for_attempts(count, std::chrono::milliseconds(10))) return true;
    }
    return false;
  }

  Result<void> verify_request(const test::SeenRequest& request,
                              std::string_view secret = kFixtureSecret) const {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch());
    const auto id = request.header("webhook-id");
    const auto timestamp = request.header("webhook-timestamp");
    const auto signature = request.header("webhook-signature");
    return verify({id, timestamp, signature}, request.body, secret, now);
  }

  HandClock clock_;
  test::FakeStore store_;
  DispatcherOptions options_;
  net::ClientOptions client_options_;
  boost::asio::thread_pool pool_{2};
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace taskgate::delivery

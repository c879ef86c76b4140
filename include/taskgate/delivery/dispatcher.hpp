#pragma once
// Sends what the outbox holds: takes due deliveries from the store, posts each to its URL, records
// what came of it. At least once: a delivery that was sent but not recorded (crash, stop, disk
// trouble) is sent again under the same webhook-id.
//
// It decides nothing about which events are announced (the store's outbox does), and keeps no state
// that a restart could lose.

#include "taskgate/core/clock.hpp"
#include "taskgate/delivery/schedule.hpp"
#include "taskgate/net/http_client.hpp"
#include "taskgate/net/ssrf_guard.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace taskgate::delivery {

struct DispatcherOptions {
  std::size_t max_concurrent = 64;  ///< attempts under way, hence sockets
  std::size_t per_host = 4;         ///< of these to one host:port
  /// Due deliveries kept in memory because their host is at its limit. Past it nothing more is
  /// fetched until one of them could be sent.
  std::size_t max_parked = 8192;
  std::chrono::milliseconds timeout{15'000};  ///< for one attempt, from DNS to the last byte
  net::SsrfPolicy policy;                     ///< for URLs and for every address they resolve to
  RetrySchedule schedule;                     ///< when a failed delivery is tried again
  std::string base_url;                       ///< precedes the payload's links; may be empty
  std::chrono::milliseconds poll_interval{60'000};  ///< looks again even when nothing was notified
  /// After the store refused something: first wait, doubled up to the limit.
  std::chrono::milliseconds store_backoff{500};
  std::chrono::milliseconds store_backoff_limit{30'000};
};

/// Counters since start, for /metrics.
struct DispatcherStats {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;     ///< attempts
  std::uint64_t exhausted = 0;  ///< deliveries given up
  std::size_t in_flight = 0;
};

/// Order of calls: start, stop. The executor's threads must run until stop() has returned, and the
/// references must outlive it.
class Dispatcher {
 public:
  /// `executor`: any; a strand is made on it.
  Dispatcher(store::Store& store,
             net::HttpClient& client,
             const Clock& clock,
             boost::asio::any_io_executor executor,
             DispatcherOptions options);
  ~Dispatcher();  ///< stops without grace
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Begins with what is due already.
  void start();
  /// There may be something due: new rows, a redelivery. Any thread; cheap; many calls cost one
  /// look. No effect after stop().
  void notify();
  /// The same, by the name that says what a test wants after it has turned a manual clock.
  void run_due_now() { notify(); }
  /// Takes nothing more, waits up to `grace` for attempts under way, then abandons them unrecorded
  /// (they stay pending). Blocks; from a thread outside the executor. Idempotent.
  void stop(std::chrono::milliseconds grace);
  /// Any thread.
  DispatcherStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskgate::delivery

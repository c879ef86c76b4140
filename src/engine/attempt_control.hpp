#pragma once
// The handle by which others stop a running attempt.

#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace taskgate::engine {

/// Why a running attempt was told to stop.
enum class StopReason { none, cancel, deadline, attempt_timeout, shutdown, storage, lease };

/// The handle by which others stop an attempt. The signal is emitted only on the attempt's own
/// strand: emitting from another thread is a use-after-free in Boost 1.81 (notes on Asio 1.26).
class AttemptControl : public std::enable_shared_from_this<AttemptControl> {
 public:
  explicit AttemptControl(boost::asio::any_io_executor strand)
      : strand_(std::move(strand)), source_(strand_), timer_(strand_) {}

  /// First reason wins. Any thread; returns at once.
  void stop(StopReason reason) {
    boost::asio::post(strand_, [self = shared_from_this(), reason] { self->stop_here(reason); });
  }
  /// The same, on the strand.
  void stop_here(StopReason reason) {
    if (reason_ != StopReason::none) return;
    reason_ = reason;
    source_.stop_here();
  }
  /// Stops the attempt for `reason` once `limit` has passed, unless let_run() comes first. On the
  /// strand. The timer is armed at the strand's next turn: an attempt that never waits needs none,
  /// and arming one wakes another thread.
  void stop_after(std::chrono::milliseconds limit, StopReason reason);
  /// Takes stop_after() back. On the strand.
  void let_run();
  /// What was stopped for taking too long was not the attempt itself, which goes on. On the strand.
  void forgive_timeout() {
    if (reason_ == StopReason::attempt_timeout) reason_ = StopReason::none;
  }
  StopReason reason() const noexcept { return reason_; }  ///< on the strand
  const runtime::StopSource& source() const noexcept { return source_; }
  const boost::asio::any_io_executor& strand() const noexcept { return strand_; }

 private:
  struct Limit {
    std::chrono::milliseconds after;
    StopReason reason;
    bool armed;
  };
  void arm();

  boost::asio::any_io_executor strand_;
  runtime::StopSource source_;
  boost::asio::steady_timer timer_;
  std::optional<Limit> limit_;  ///< set from stop_after() until let_run()
  StopReason reason_ = StopReason::none;
};

}  // namespace taskgate::engine

#pragma once
// What the sessions of one thread share. Everything here belongs to that thread, but for the
// counters, which others read.

#include "net/deadline_sweeper.hpp"
#include "net/header_guard.hpp"
#include "net/response_writer.hpp"
#include "taskgate/net/server.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <string_view>

namespace taskgate::net {

/// Counters of one thread: written there, summed up by HttpServer::stats.
struct SessionCounters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};

  /// One writer: a plain add, without a locked instruction.
  static void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// Told of an exception that a handler or stream let escape: the route, and what.
using FailureReporter = std::function<void(std::string_view route, std::exception_ptr error)>;

struct SessionShared {
  SessionShared(const Router& r,
                const Gate& g,
                const RefusalFormatter& f,
                const ServerLimits& l,
                const FailureReporter& reporter,
                runtime::SteadyDuration tick)
      : router(r), gate(g), refusals(f), limits(l), report(reporter), sweeper(tick) {
    guard.max_header_bytes = l.max_header_bytes;
    guard.max_header_count = l.max_header_count;
    guard.max_target_bytes = l.max_target_bytes;
  }

  const Router& router;
  const Gate& gate;
  const RefusalFormatter& refusals;
  const ServerLimits& limits;
  const FailureReporter& report;
  GuardLimits guard;
  DeadlineSweeper sweeper;
  DateCache date;
  SessionCounters counters;
  bool draining = false;  ///< no new requests; every response closes its connection
};

}  // namespace taskgate::net

#pragma once
// The load generator: raw epoll, one thread, closed loop. Each connection sends a pre-built
// request, waits for the whole answer and sends the next, so that `connections` requests are always
// under way and latency is what a client sees. It spends a few microseconds a request, mostly in
// send and recv, so that on a small machine the CPU is the server's.
//
// A closed loop says how fast a server can go; it says nothing of latency at a fixed arrival rate.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::bench {

struct LoadPlan {
  std::uint16_t port = 0;
  int connections = 1;
  std::chrono::milliseconds warmup{0};       ///< load that is not counted
  std::chrono::milliseconds duration{1000};  ///< counted
  std::vector<std::string> requests;         ///< whole requests, sent in turn
  /// Where in each request kKeyDigits characters stand that are to differ every time.
  std::optional<std::size_t> key_offset;
  unsigned expected_status = 200;
};

constexpr std::size_t kKeyDigits = 32;

/// Plain data: it crosses a pipe between processes.
struct LoadResult {
  std::uint64_t completed = 0;      ///< with the expected status, within the counted time
  std::uint64_t other_status = 0;   ///< answers with any other status, at any time
  std::uint64_t broken = 0;         ///< connections that failed or were closed, or never answered
  std::uint64_t total = 0;          ///< expected answers of the whole run, warm-up and end included
  unsigned first_other_status = 0;  ///< which, for the message
  double seconds = 0;               ///< counted time
  double p50_us = 0;
  double p99_us = 0;

  double per_second() const { return seconds > 0 ? static_cast<double>(completed) / seconds : 0; }
};

/// Runs the plan. Throws std::runtime_error when it cannot start. Bounded: warm-up, duration and at
/// most ten seconds for the last answers.
LoadResult run_load(const LoadPlan& plan);

}  // namespace taskgate::bench

#pragma once
// Readers of streamed answers in one thread (raw epoll): each asks for one, directly at the
// upstream or as a task through taskgate, reads the stamps in the chunks (stamps.hpp) and says how
// long they were under way.

#include <chrono>
#include <cstdint>
#include <string>

namespace taskgate::bench {

struct RelayPlan {
  std::uint16_t port = 0;
  int streams = 1;  ///< at once
  int repeats = 1;  ///< of each, one after the other, each on a connection of its own
  int chunks = 0;   ///< that each answer has
  int skip = 0;     ///< the first of each answer, whose time under way is not counted
  std::string request;
  enum class Through {
    taskgate,  ///< the request is a submission: 202, then the task's stream is followed
    nothing    ///< the request is answered with the stream
  } through = Through::nothing;
  enum class Stamps {
    read,    ///< every chunk's
    counted  ///< chunks that come as fast as they can have none: they are only counted
  } stamps = Stamps::read;
  std::chrono::milliseconds limit{60'000};  ///< for everything
};

/// Plain data: it crosses a pipe between processes.
struct RelayResult {
  std::uint64_t chunks = 0;
  double seconds = 0;  ///< from the first request sent to the last chunk received
  double chunk_p50_us = 0;
  double chunk_p99_us = 0;
  double first_p50_us = 0;  ///< from the request sent to the first chunk received
  double first_p99_us = 0;
  double start_p50_us = 0;  ///< from the 202 received to the first chunk sent; 0 when it was before
  double start_p99_us = 0;
  double asked_p50_us = 0;  ///< from the request sent to the first chunk sent
  double asked_p99_us = 0;
};

/// Throws std::runtime_error when an answer is not as expected or the limit passes.
RelayResult run_relay(const RelayPlan& plan);

}  // namespace taskgate::bench

#pragma once
// Many followers of one SSE stream in one thread (raw epoll): opens them all, says when they are
// open, then counts frames until every stream has ended.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace taskgate::bench {

struct FollowPlan {
  std::uint16_t port = 0;
  int streams = 1;
  std::string request;                      ///< the GET, the same for each
  int greeting_frames = 0;                  ///< what each stream sends on opening: not counted
  std::function<void()> when_open;          ///< called once all greetings have come; may be empty
  std::chrono::milliseconds limit{60'000};  ///< for everything
  enum class Until { end, open } until = Until::end;
};

/// Plain data: it crosses a pipe between processes.
struct FollowResult {
  int opened = 0;            ///< streams that answered 200 and sent their greeting
  int ended = 0;             ///< streams that came to their end
  std::uint64_t frames = 0;  ///< frames with an event name, greetings left out
  double seconds = 0;        ///< from the first of those frames to the last end

  double per_second() const { return seconds > 0 ? static_cast<double>(frames) / seconds : 0; }
};

/// Throws std::runtime_error when a stream cannot be opened or the limit passes.
FollowResult run_follow(const FollowPlan& plan);

}  // namespace taskgate::bench

#pragma once
// A life of a store, lived for tests of what a crash leaves of it: commands of every kind, some in
// flight at once, each noted with the moment at which it was submitted and the one at which it was
// acknowledged. Moments are positions in the disk's trace.

#include "taskgate/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace taskgate::crash {

using Moment = std::size_t;
inline constexpr Moment kNever = std::numeric_limits<Moment>::max();

/// When a command was submitted and when its success was known.
struct Span {
  Moment submitted = kNever;
  Moment acknowledged = kNever;
  bool was_acknowledged(Moment by) const { return acknowledged <= by; }
  bool was_submitted(Moment by) const { return submitted < by || submitted == 0; }
};

enum class StepKind : std::uint8_t { accept, start, append, requeue, interrupt, finish, purge };

struct KnownEvent {
  EventType type = EventType::task_queued;
  std::string data;
};

/// One command of a task; they take effect in order.
struct Step {
  StepKind kind = StepKind::accept;
  Span span;
  std::vector<KnownEvent> events;
};

struct KnownTask {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  store::NewTask request;
  std::vector<Step> steps;
  Span cancel;             ///< request_cancel, if ever
  store::Fence fence = 0;  ///< of the newest attempt
  int in_flight = 0;
  std::size_t failed_from = kNone;  ///< its steps from this one on failed
  std::string canary;               ///< in its request and in its text

  /// What the row says after so many steps.
  TaskStatus status_after(std::size_t count) const;
  /// Attempts started, likewise.
  int attempts_after(std::size_t count) const;
  /// Its log, likewise; `recovered`: as the next start leaves it.
  std::vector<KnownEvent> log_after(std::size_t count) const;
};

struct KnownDelivery {
  std::vector<Span> attempts;
  bool delivered = false;  ///< by the last of them
};

/// Everything that was promised.
struct StoreHistory {
  std::vector<KnownTask> tasks;
  std::map<std::int64_t, KnownDelivery> deliveries;  ///< by delivery id
  std::map<std::string, Span> secrets;               ///< by "tenant secret", acknowledged ones
  std::map<std::string, Span> keys;                  ///< by id
  std::map<std::string, Span> revoked;               ///< by id
  std::int64_t fences = 0;                           ///< numbers given to attempts
  std::size_t acknowledged = 0;                      ///< commands
  std::size_t refused = 0;                           ///< commands that failed, Errc::storage
  std::vector<std::string> contradictions;
};

/// Commands of a bounded random life against one open store. What fails with Errc::storage
/// is forgotten again: it was not promised.
class StoreLife {
 public:
  /// `now` gives the moment. The store, the history and `now` outlive it.
  StoreLife(store::Store& store,
            StoreHistory& history,
            std::function<Moment()> now,
            std::uint64_t seed);
  /// What a start does first: recovers, and notes what that wrote.
  void recover();
  /// Submits `commands` commands, some tens in flight at most, and waits for all.
  void live(int commands);

 private:
  class Driver;
  store::Store& store_;
  StoreHistory& history_;
  std::function<Moment()> now_;
  std::uint64_t seed_;
};

}  // namespace taskgate::crash

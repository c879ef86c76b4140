#pragma once
// Identifiers: UUIDv7 (RFC 9562 §5.7) written as 26 characters of Crockford base32, so that text
// order is time order and the task table grows at its right edge.

#include "taskgate/core/clock.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate {

/// A task's internal key: 16 bytes, ordered by creation time.
struct TaskId {
  std::array<std::uint8_t, 16> bytes{};
  // clang-tidy 14 takes the spaceship for a null pointer. NOLINTNEXTLINE(modernize-use-nullptr)
  auto operator<=>(const TaskId&) const = default;
};

/// Hash for unordered containers; the random tail of a UUIDv7 is already uniform.
struct TaskIdHash {
  std::size_t operator()(const TaskId& id) const noexcept;
};

/// A fresh UUIDv7. Monotone within one thread and millisecond (RFC 9562 §6.2 method 1).
/// Thread-safe.
TaskId make_task_id(TimePoint now);

/// "task_01J…": `task_` and 26 lower-bound-checked Crockford characters (upper case).
std::string to_string(const TaskId& id);

/// The inverse of to_string; nullopt for anything else. Accepts upper case only: one id, one
/// spelling.
std::optional<TaskId> parse_task_id(std::string_view text);

/// `prefix` and 26 characters of time-ordered randomness, e.g. make_id("req_").
std::string make_id(std::string_view prefix);

/// `count` cryptographically random bytes (OpenSSL RAND_bytes). Throws std::runtime_error when the
/// system has no entropy: nothing that needs secrets may go on then.
std::string random_bytes(std::size_t count);

}  // namespace taskgate

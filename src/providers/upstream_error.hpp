#pragma once
// What an upstream says when it says no, and which class of failure that is: one classifier, and
// for every protocol a table of what its names mean. Pure.

#include "taskgate/core/clock.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/providers/provider.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

struct UpstreamError {
  int status = 0;  ///< of HTTP, or the one that the body claims inside a 200 stream; 0: none
  std::string code;
  std::string type;
  std::string message;  ///< as the upstream wrote it; may hold anything
  std::optional<std::chrono::milliseconds> retry_after;  ///< when the body says so
};

/// One row of a protocol's table: an error with this status, this name and this in its message is
/// of that class. What is left out (0, empty) fits any.
struct ErrorRule {
  static constexpr int kInStream = -1;  ///< no status but the stream's 200
  FailureClass failure_class;
  int status = 0;
  std::string_view name;  ///< the error's code or type
  std::string_view says;  ///< within the message, as written there
};

/// How a protocol's errors are read and judged. The first rule that fits decides; past the last one
/// the status does, as RFC 9110 means it.
struct ErrorTable {
  /// Never fails: what it does not understand (HTML) leaves the fields empty. Status 0: in a
  /// stream.
  UpstreamError (*read)(int status, std::string_view body);
  std::span<const ErrorRule> rules;
};

/// docs/providers.md, "Errors", holds the same tables for a reader.
FailureClass classify(const UpstreamError& error, const ErrorTable& table) noexcept;
/// What a status means where a protocol's own table has nothing to add (RFC 9110; 529: overloaded).
FailureClass class_of_status(int status) noexcept;

/// How long the upstream asks to be left alone: retry-after-ms, else Retry-After (seconds or date),
/// else for class rate the reset of the limit that is used up (of no known one: the latest). At
/// most a day.
std::optional<std::chrono::milliseconds> retry_after(const net::Headers& headers,
                                                     FailureClass failure_class,
                                                     const std::vector<RateLimit>& limits,
                                                     TimePoint now);

/// "1m26.4s", "6ms", "1h2m3s", "12" (seconds); nullopt for anything else. At most a day.
std::optional<std::chrono::milliseconds> parse_reset_duration(std::string_view text);
/// RFC 9110 §5.6.7, the preferred form: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<TimePoint> parse_http_date(std::string_view text);
/// RFC 3339 in UTC, "2026-02-03T04:05:06Z", a fraction of seconds dropped.
std::optional<TimePoint> parse_rfc3339_utc(std::string_view text);

/// The fields of one limit, each may be absent. `reset` is a duration or a time in RFC 3339.
RateLimit read_rate_limit(std::string_view name,
                          std::optional<std::string_view> limit,
                          std::optional<std::string_view> remaining,
                          std::optional<std::string_view> reset,
                          TimePoint now);

/// Whatever an upstream wrote, as a client may see it: valid UTF-8 on one line, at most 500 bytes,
/// `secret` and everything that looks like a credential blotted out.
std::string presentable(std::string_view text, std::string_view secret);

}  // namespace taskgate::providers

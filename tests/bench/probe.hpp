#pragma once
// One HTTP request at a time, for preparing and checking a measurement; and the request texts that
// the benchmarks send.

#include "replies.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace taskgate::bench {

/// A submission as it goes over the wire, with an Idempotency-Key that no other has, and its place.
struct SubmitRequest {
  std::string wire;
  std::size_t key_offset = 0;  ///< kKeyDigits characters
};

enum class SubmitStyle {
  run,      ///< answered 202, then run
  delayed,  ///< answered 202, `not_before` far away: accepting is all the work
  wait      ///< `Prefer: wait=30`: answered 200 with the finished task
};

/// A realistic request of about 500 bytes of JSON for the simulated model `model`.
SubmitRequest make_submit(std::string_view model, SubmitStyle style);
/// As above, starting at `not_before` (RFC 3339).
SubmitRequest make_submit_at(std::string_view model, std::string_view not_before);
std::string make_get(std::string_view target);

/// "2026-03-01T09:30:00.000Z", `from_now` ahead of the system clock.
std::string rfc3339_in(std::chrono::milliseconds from_now);

/// Sends the request on a connection of its own and returns the whole answer's bytes. Throws when
/// there is none within `patience`.
std::string ask_raw(std::uint16_t port,
                    std::string_view request,
                    std::chrono::milliseconds patience = std::chrono::seconds(30));
/// The same, taken apart; throws unless the status is `expected`.
Reply ask(std::uint16_t port, std::string_view request, unsigned expected);

/// The string member `name` of a JSON object's text; throws when absent. Not a parser: for ids.
std::string string_member(std::string_view json, std::string_view name);

}  // namespace taskgate::bench

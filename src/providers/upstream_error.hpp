#pragma once
// What an upstream says when it says no, in the shapes of OpenAI and of the servers that imitate
// it, and which class of failure that is. Pure.

#include "taskgate/core/clock.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/providers/provider.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::providers {

struct UpstreamError {
  int status = 0;  ///< of HTTP, or the one that the body claims inside a 200 stream; 0: none
  std::string code;
  std::string type;
  std::string message;  ///< as the upstream wrote it; may hold anything
};

/// Reads an error body, or the data of an error event. Understands {"error":{…}}, {"error":"…"},
/// {"message":…,"code":…}, {"detail":…} and gives up quietly on anything else (HTML).
UpstreamError read_error_body(int status, std::string_view body);

/// notes/providers.md, "Retry classes".
FailureClass classify(const UpstreamError& error) noexcept;

/// How long the upstream asks to be left alone: retry-after-ms, Retry-After (seconds or date), for
/// class rate also OpenAI's x-ratelimit-reset-*; the first that is usable, at most a day.
std::optional<std::chrono::milliseconds> retry_after(const net::Headers& headers,
                                                     FailureClass failure_class,
                                                     TimePoint now);

/// "1m26.4s", "6ms", "1h2m3s", "12" (seconds); nullopt for anything else.
std::optional<std::chrono::milliseconds> parse_reset_duration(std::string_view text);
/// RFC 9110 §5.6.7, the preferred form: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<TimePoint> parse_http_date(std::string_view text);

/// Whatever an upstream wrote, as a client may see it: valid UTF-8 on one line, at most 500 bytes,
/// `secret` and everything that looks like a credential blotted out.
std::string presentable(std::string_view text, std::string_view secret);

}  // namespace taskgate::providers

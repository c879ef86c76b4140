#pragma once
// Turns a Response into the bytes of its head. Pure, but for the clock behind the Date field.

#include "taskgate/net/http.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace taskgate::net {

/// The Date field's value (RFC 9110 §5.6.7), formatted once a second. One per thread.
class DateCache {
 public:
  std::string_view at(std::time_t now);

 private:
  std::time_t formatted_ = -1;
  std::string text_;
};

/// How a body's end is told.
enum class ResponseFraming {
  none,        ///< 1xx, 204, 304: neither body nor length
  length,      ///< Content-Length
  chunked,     ///< Transfer-Encoding: chunked
  until_close  ///< a stream to an HTTP/1.0 client
};

enum class ConnectionField { absent, keep_alive, close };

struct HeadOptions {
  ResponseFraming framing = ResponseFraming::length;
  ConnectionField connection = ConnectionField::absent;
  std::string_view request_id;
  std::string_view date;
};

/// Appends status line, fields and the empty line.
void append_head(std::string& out, const Response& response, const HeadOptions& options);

/// "Accepted"; empty for unknown codes (the phrase is optional, RFC 9112 §4).
std::string_view reason_phrase(unsigned status) noexcept;

/// True when the status forbids a body (RFC 9110 §6.4.1).
bool is_bodiless(unsigned status) noexcept;

}  // namespace taskgate::net

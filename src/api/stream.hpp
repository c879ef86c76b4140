#pragma once
// Following a task: the SSE stream and the same events as JSON pages. Both are cursors into the
// event log; neither can hold the task up.

#include "taskgate/engine/gateway.hpp"
#include "taskgate/net/http.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace taskgate::api {

/// Handlers of /tasks/{id}/stream and /tasks/{id}/events. Lives as long as the router.
class StreamRoutes {
 public:
  StreamRoutes(engine::Gateway& gateway, std::chrono::milliseconds heartbeat)
      : gateway_(gateway), heartbeat_(heartbeat) {}

  boost::asio::awaitable<net::Response> stream(net::Request& request);
  boost::asio::awaitable<net::Response> events(net::Request& request);

 private:
  engine::Gateway& gateway_;
  std::chrono::milliseconds heartbeat_;
};

/// Where a reader wants to go on: Last-Event-ID, else `after`, else `starting_after`; what cannot
/// be read means from the start (0).
std::uint64_t stream_cursor(const net::Request& request);

/// {"object":"list","data":[events],"last_seq":N,"has_more":…}; `after` is the page's cursor.
std::string event_page_json(const store::EventPage& page, std::string_view id, std::uint64_t after);

}  // namespace taskgate::api

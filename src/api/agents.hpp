#pragma once
// What a task with tools has beside the others: its steps, its tool calls, and answers to what it
// asks.

#include "taskgate/api/routes.hpp"

#include <boost/asio/awaitable.hpp>

namespace taskgate::api {

/// Handlers. Lives as long as the router.
class AgentRoutes {
 public:
  explicit AgentRoutes(engine::Gateway& gateway) : gateway_(gateway) {}

  boost::asio::awaitable<net::Response> input(net::Request& request);  ///< POST /tasks/{id}/input
  boost::asio::awaitable<net::Response> steps(net::Request& request);  ///< GET /tasks/{id}/steps
  /// GET /tasks/{id}/tool_calls
  boost::asio::awaitable<net::Response> tool_calls(net::Request& request);

 private:
  engine::Gateway& gateway_;
};

}  // namespace taskgate::api

#pragma once
// /tasks: submit, look, list, cancel, purge.

#include "api/task_request.hpp"
#include "taskgate/api/routes.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace taskgate::api {

/// Handlers of the task resource. Lives as long as the router.
class TaskRoutes {
 public:
  TaskRoutes(engine::Gateway& gateway,
             const Clock& clock,
             UrlCheck check_url,
             ModelHint model_hint);

  boost::asio::awaitable<net::Response> submit(net::Request& request);  ///< POST /tasks
  boost::asio::awaitable<net::Response> put(net::Request& request);     ///< PUT /tasks/{id}
  boost::asio::awaitable<net::Response> retry(net::Request& request);   ///< POST /tasks/{id}/retry
  boost::asio::awaitable<net::Response> get(net::Request& request);     ///< GET /tasks/{id}
  boost::asio::awaitable<net::Response> list(net::Request& request);    ///< GET /tasks
  boost::asio::awaitable<net::Response> cancel(net::Request& request);  ///< POST /tasks/{id}/cancel
  boost::asio::awaitable<net::Response> label(net::Request& request);   ///< POST /tasks/{id}/label
  boost::asio::awaitable<net::Response> purge(net::Request& request);   ///< DELETE /tasks/{id}

 private:
  struct Includes;
  /// The request in `body` with every fault, those of its schema included.
  boost::asio::awaitable<ParsedTaskRequest> read(std::string body);
  boost::asio::awaitable<Result<engine::TaskView>> look(std::string tenant,
                                                        std::string id,
                                                        std::chrono::seconds wait);
  boost::asio::awaitable<Result<std::string>> with_includes(std::string tenant,
                                                            engine::TaskView view,
                                                            Includes includes);

  engine::Gateway& gateway_;
  TaskRequestReader reader_;
  ModelHint model_hint_;
};

}  // namespace taskgate::api

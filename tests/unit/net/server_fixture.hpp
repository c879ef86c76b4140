#pragma once
// The real server on a port of its own, with a few routes that show what it does.

#include "support/raw_http.hpp"
#include "taskgate/net/server.hpp"
#include "taskgate/runtime/timeout.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace taskgate::net {

inline const std::string kHelloRequest = "GET /hello/x HTTP/1.1\r\nHost: a\r\n\r\n";

/// A flag that one thread raises and another waits for.
class Signal {
 public:
  void raise() {
    std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  using Awaitable = boost::asio::awaitable<Response>;

  void SetUp() override {
    options_.limits.header_timeout = std::chrono::seconds(10);
    router_.add(Method::post, "/echo", RouteOptions{1000}, echo);
    router_.add(Method::put, "/echo", RouteOptions{1000}, echo);
    router_.add(Method::get, "/hello/{name}", RouteOptions{}, hello);
    router_.add(Method::get, "/sentinel", RouteOptions{},
                [this](Request& r) { return sentinel(r); });
    router_.add(Method::get, "/throw", RouteOptions{}, fail);
    router_.add(Method::delete_, "/nothing", RouteOptions{}, nothing);
    router_.add(Method::get, "/wait", RouteOptions{}, [this](Request& r) { return wait(r); });
    router_.add(Method::get, "/big", RouteOptions{}, big);
    router_.add(Method::get, "/stream", RouteOptions{}, [this](Request& r) { return stream(r); });
    router_.add(Method::get, "/endless", RouteOptions{}, [this](Request& r) { return endless(r); });
    router_.add(Method::get, "/flood", RouteOptions{}, [this](Request& r) { return flood(r); });
  }

  void start() {
    server_ = std::make_unique<HttpServer>(options_, router_, gate_, refuse);
    const auto started = server_->start();
    ASSERT_TRUE(started.has_value()) << started.error().message();
  }
  std::uint16_t port() const { return server_->port(); }

  /// Until the connections the server holds are as many; false after ten seconds.
  bool open_becomes(std::size_t count) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_->stats().open != count) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  static Response refuse(const Refusal& what) {
    return Response::json(what.status, "{\"code\":\"" + what.code + "\"}");
  }

  static Awaitable echo(Request& request) {
    Response response = Response::text(200, "text/plain", request.body);
    response.set("X-Trailer-Seen", request.headers.find("Authorization").value_or("none"));
    co_return response;
  }
  static Awaitable hello(Request& request) {
    co_return Response::text(200, "text/plain", "hello " + request.params.at(0));
  }
  Awaitable sentinel(Request&) {
    ++sentinels_;
    co_return Response::text(200, "text/plain", "sentinel");
  }
  static Awaitable fail(Request&) {
    throw std::runtime_error("secret detail");
    co_return Response(200);
  }
  static Awaitable nothing(Request&) { co_return Response(204); }
  static Awaitable big(Request&) {
    co_return Response::text(200, "application/octet-stream", std::string(8U << 20, 'b'));
  }
  Awaitable wait(Request&) {
    entered_.raise();
    co_await runtime::sleep_for(std::chrono::milliseconds(100));
    co_return Response::text(200, "text/plain", "waited");
  }
  Awaitable stream(Request&) {
    Response response(200);
    response.set("Content-Type", "text/event-stream");
    response.stream(two_events);
    co_return response;
  }
  Awaitable endless(Request&) {
    Response response(200);
    StreamBody body = [this](StreamWriter& writer) { return write_then_wait(writer); };
    response.stream(std::move(body));
    co_return response;
  }
  Awaitable flood(Request&) {
    Response response(200);
    StreamBody body = [this](StreamWriter& writer) { return write_for_ever(writer); };
    response.stream(std::move(body));
    co_return response;
  }

  static boost::asio::awaitable<void> two_events(StreamWriter& writer) {
    (void)co_await writer.write("one\n");
    (void)co_await writer.write("");  // must not end the body
    (void)co_await writer.write("two\n");
  }
  boost::asio::awaitable<void> write_then_wait(StreamWriter& writer) {
    const std::shared_ptr<void> at_end(nullptr, [this](void*) { stream_ended_.raise(); });
    (void)co_await writer.write("first\n");
    co_await runtime::sleep_until(runtime::SteadyTime::max());
  }
  boost::asio::awaitable<void> write_for_ever(StreamWriter& writer) {
    const std::shared_ptr<void> at_end(nullptr, [this](void*) { stream_ended_.raise(); });
    const std::string block(64 * 1024, 'f');
    while (co_await writer.write(block)) {
    }
  }

  ServerOptions options_;
  Router router_;
  Gate gate_;
  std::atomic<int> sentinels_{0};
  Signal entered_;
  Signal stream_ended_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace taskgate::net

#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <thread>

namespace taskgate::net {
namespace {

using namespace std::chrono_literals;
using test::RawClient;

using HttpLimitsTest = ServerTest;

TEST_F(HttpLimitsTest, ASlowHeadIs408) {
  options_.limits.header_timeout = 100ms;
  start();
  RawClient client(port());

  client.send("GET /hello/x HTTP/1.1\r\nHo");

  EXPECT_EQ(client.read_response()->status, 408U);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, ADrippedHeadIs408Too) {
  options_.limits.header_timeout = 150ms;
  start();
  RawClient client(port());
  const std::string head = "GET /hello/x HTTP/1.1\r\nX-Slow: " + std::string(100'000, 'a');
  const auto begin = std::chrono::steady_clock::now();

  for (const char byte : head) {  // a byte now and then must not earn more time
    if (!client.send(std::string_view(&byte, 1))) break;
    if (std::chrono::steady_clock::now() - begin > 5s) break;
    std::this_thread::yield();
  }

  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpLimitsTest, ASilentConnectionIsClosed) {
  options_.limits.header_timeout = 100ms;
  start();
  RawClient client(port());

  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, AnIdleConnectionIsClosed) {
  options_.limits.keep_alive_timeout = 100ms;
  start();
  RawClient client(port());
  client.send(kHelloRequest);
  client.read_response();

  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, ASlowBodyIs408) {
  options_.limits.body_timeout = 100ms;
  start();
  RawClient client(port());

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");

  EXPECT_EQ(client.read_response()->status, 408U);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpLimitsTest, ASlowHandlerIsNotTimedOut) {
  options_.limits.header_timeout = 20ms;
  options_.limits.body_timeout = 20ms;
  options_.limits.keep_alive_timeout = 20ms;
  options_.limits.write_timeout = 20ms;
  start();

  EXPECT_EQ(test::exchange(port(), "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")->body, "waited");
}

TEST_F(HttpLimitsTest, AStalledReaderIsDropped) {
  options_.limits.write_timeout = 100ms;
  start();
  RawClient client(port());

  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_TRUE(open_becomes(1));
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpLimitsTest, TheRefusalArrivesThoughTheClientIsStillSending) {
  start();
  RawClient client(port());

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" +
              std::string(3'000'000, 'x'));

  EXPECT_EQ(client.read_response()->status, 413U);
}

TEST_F(HttpLimitsTest, OneConnectionTooManyIs503) {
  options_.limits.max_connections = 2;
  start();
  RawClient first(port());
  RawClient second(port());
  first.send(kHelloRequest);
  second.send(kHelloRequest);
  first.read_response();
  second.read_response();

  RawClient third(port());
  EXPECT_EQ(third.read_response()->status, 503U);
  EXPECT_TRUE(third.is_closed());
  first.close();
  EXPECT_TRUE(open_becomes(1));
  EXPECT_EQ(test::exchange(port(), kHelloRequest)->status, 200U);
}

TEST_F(HttpLimitsTest, OneAddressHoldsNoMoreThanItsShare) {
  options_.limits.max_connections_per_address = 1;
  start();
  RawClient first(port());
  first.send(kHelloRequest);
  first.read_response();

  EXPECT_EQ(RawClient(port()).read_response()->status, 503U);
  first.close();
  EXPECT_TRUE(open_becomes(0));
  EXPECT_EQ(test::exchange(port(), kHelloRequest)->status, 200U);
}

TEST_F(HttpLimitsTest, AConnectionEndsAfterItsRequests) {
  options_.limits.max_requests_per_connection = 2;
  start();
  RawClient client(port());

  client.send(kHelloRequest + kHelloRequest + kHelloRequest);

  EXPECT_EQ(client.read_response()->header("Connection"), "");
  EXPECT_EQ(client.read_response()->header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

/// Lowers the limit of open files to what is open now, for as long as it lives.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);  // the lowest free number: everything below is taken
    ::close(next);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(HttpLimitsTest, TheListenerSurvivesWantOfDescriptors) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan probes memory through a pipe: without descriptors its vptr check is wrong";
#endif
  start();
  RawClient waiting(0);
  {
    const NoMoreDescriptors none;
    waiting.connect(port());  // the kernel's queue takes it, accept() cannot
    waiting.send(kHelloRequest);
    EXPECT_EQ(::dup(0), -1);
    const timeval moment{0, 150'000};  // a few failed rounds of accept
    ::setsockopt(waiting.fd(), SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
    EXPECT_FALSE(waiting.read_response().has_value());
  }
  const timeval limit{10, 0};
  ::setsockopt(waiting.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);

  EXPECT_EQ(waiting.read_response()->body, "hello x");
}

}  // namespace
}  // namespace taskgate::net

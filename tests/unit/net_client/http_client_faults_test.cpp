// What upstreams do wrong, and what the client makes of it (shared/notes/upstream-faults.md).
#include "client_fixture.hpp"

#include <boost/system/system_error.hpp>

namespace taskgate::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

class HttpClientFaults : public HttpClientFixture {
 protected:
  void expect_failure(Reply reply, Errc code, const char* what) {
    SCOPED_TRACE(what);
    ScriptedUpstream upstream;
    upstream.enqueue(std::move(reply));

    const auto response = fetch(get(upstream.url()));

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), code) << response.error().message();
    EXPECT_FALSE(response.error().message().empty());
  }
};

TEST_F(HttpClientFaults, BrokenFramingIsUnavailable) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  const auto bad = Errc::upstream_unavailable;

  expect_failure(Reply::raw("not http at all\r\n\r\n"), bad, "garbage");
  expect_failure(Reply::raw("HTTP/1.1 200 OK\r\nCont").close(), bad, "cut head");
  expect_failure(Reply::raw(chunked + "5\r\nhel").close(), bad, "cut mid-chunk");
  expect_failure(Reply::raw(chunked + "5\r\nhello\r\n").close(), bad, "no last chunk");
  expect_failure(Reply::raw(chunked + "5\r\nhel").reset(), bad, "reset mid-chunk");
  expect_failure(Reply::raw(chunked + "FFFFFFFFFFFFFFFFF\r\n"), bad, "chunk size overflow");
  expect_failure(Reply::raw(chunked + "zz\r\n"), bad, "no chunk size");
  expect_failure(Reply::raw(head + "Content-Length: 9\r\n\r\nshort").close(), bad, "short body");
  expect_failure(Reply::raw(head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), bad,
                 "two framings");
  expect_failure(Reply::raw(head + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), bad,
                 "compressed");
  expect_failure(Reply::raw("HTTP/1.1 101 Switching Protocols\r\n\r\n"), bad, "101");
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  expect_failure(Reply::raw(interim + head + "\r\n"), bad, "interim for ever");
}

TEST_F(HttpClientFaults, AHeadPast64KibIsRefusedAndOneBelowIsTaken) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  expect_failure(Reply::raw(head + std::string(70'000, 'x') + "\r\n\r\n"),
                 Errc::upstream_unavailable, "70 KB");
  expect_failure(Reply::raw(head + std::string(70'000, 'x')), Errc::upstream_unavailable,
                 "70 KB without an end");
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::raw(head + std::string(60'000, 'x') + "\r\n\r\n"));

  EXPECT_TRUE(fetch(get(upstream.url())));
}

TEST_F(HttpClientFaults, AResponsePastItsLimitIsTooLarge) {
  expect_failure(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"),
                 Errc::too_large, "announced");
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::chunked(200, "").chunk(std::string(101, 'x')).last_chunk());
  upstream.enqueue(Reply::chunked(200, "").chunk(std::string(100, 'x')).last_chunk());
  ClientRequest over = get(upstream.url());
  over.response_limit = 100;
  ClientRequest exact = get(upstream.url());
  exact.response_limit = 100;

  const auto refused = fetch(std::move(over));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::too_large);
  EXPECT_TRUE(fetch(std::move(exact)));
}

TEST_F(HttpClientFaults, WhatArrivedBeforeACutIsHandedOut) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::chunked(200, "").chunk("whole").send("8\r\nhalf").close());

  auto opened = open(get(upstream.url()));
  ASSERT_TRUE(opened);
  Error error;
  const std::string got = read_all(**opened, &error);

  EXPECT_EQ(got, "wholehalf");
  EXPECT_EQ(error.code(), Errc::upstream_unavailable);
  EXPECT_EQ(read(**opened).error().code(), Errc::upstream_unavailable) << "and it stays so";
}

TEST_F(HttpClientFaults, RefusedConnectionsAreUnavailable) {
  std::uint16_t port = 0;
  {
    const ScriptedUpstream gone;
    port = gone.port();
  }

  const auto response = fetch(get("http://127.0.0.1:" + std::to_string(port) + "/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
}

TEST_F(HttpClientFaults, AcceptThenCloseIsUnavailable) {
  test::UpstreamOptions slams_the_door;
  slams_the_door.close_on_accept = true;
  ScriptedUpstream upstream(slams_the_door);

  const auto response = fetch(get(upstream.url()));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
}

TEST_F(HttpClientFaults, EveryStallEndsInATimeout) {
  const auto stalls_before_head = Reply().hang();
  const auto stalls_in_head = Reply::raw("HTTP/1.1 200 OK\r\nA: ").hang();
  const auto stalls_in_body = Reply::chunked(200, "").chunk("x").hang();
  timeouts_.first_byte = 60ms;
  timeouts_.idle = 60ms;
  const auto start = SteadyClock::now();

  expect_failure(stalls_before_head, Errc::timeout, "before the head");
  expect_failure(stalls_in_head, Errc::timeout, "in the head");
  expect_failure(stalls_in_body, Errc::timeout, "in the body");

  EXPECT_GT(SteadyClock::now() - start, 150ms);
  EXPECT_LT(SteadyClock::now() - start, 5s);
}

TEST_F(HttpClientFaults, TotalBoundsAStreamThatNeverIdles) {
  ScriptedUpstream upstream;
  Reply drip = Reply::chunked(200, "");
  for (int i = 0; i < 200; ++i) drip.pause(10ms).chunk("x");
  upstream.enqueue(drip.hang());
  timeouts_.total = 150ms;
  const auto start = SteadyClock::now();

  auto opened = open(get(upstream.url()));
  ASSERT_TRUE(opened);
  Error error;
  const std::string got = read_all(**opened, &error);

  EXPECT_EQ(error.code(), Errc::timeout);
  EXPECT_GE(got.size(), 1U);
  EXPECT_LT(SteadyClock::now() - start, 1500ms);
}

TEST_F(HttpClientFaults, APauseBetweenReadsIsNotIdleTime) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::chunked(200, "").chunk("one").stall().chunk("two").last_chunk());
  timeouts_.idle = 40ms;

  auto opened = open(get(upstream.url()));
  EXPECT_EQ(read(**opened).value(), "one");
  context_.restart();
  context_.run_for(120ms);  // the reader is busy elsewhere, timers run
  upstream.release();

  EXPECT_EQ(read_all(**opened), "two");
}

TEST_F(HttpClientFaults, AnErrorAnswerToAnUnreadBodyIsSeen) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::json(413, R"({"error":"too large"})").close());

  const auto response = fetch(post(upstream.url(), std::string(1000, 'x')));

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413U);
}

boost::asio::awaitable<void> read_to_the_end(HttpClient& client, ClientRequest request) {
  auto opened = co_await client.open(std::move(request));
  for (;;) {
    auto piece = co_await (*opened)->read();
    if (!piece || piece->empty()) co_return;
  }
}

void expect_aborted(std::exception_ptr error) {
  ASSERT_TRUE(error);
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& aborted) {
    EXPECT_EQ(aborted.code(), boost::asio::error::operation_aborted);
  }
}

TEST_F(HttpClientFaults, CancellationClosesTheSocketAtOnce) {
  for (const bool in_body : {false, true}) {
    SCOPED_TRACE(in_body ? "in the body" : "before the head");
    ScriptedUpstream upstream;
    upstream.enqueue(in_body ? Reply::chunked(200, "").chunk("x").hang() : Reply().hang());
    test::Cancellable call(context_, read_to_the_end(client(), get(upstream.url())));
    call.run_until([&] { return upstream.wait_for_requests(1, 1ms); });
    context_.run_for(20ms);

    const auto start = SteadyClock::now();
    call.cancel();
    const auto error = call.wait();
    const bool closed = upstream.wait_for_disconnects(1, 2s);

    expect_aborted(error);
    EXPECT_TRUE(closed);
    EXPECT_LT(SteadyClock::now() - start, 100ms);
  }
}

class SilentResolver final : public Resolver {
 public:
  void resolve(std::string, Done) override {}
};

TEST_F(HttpClientFaults, CancellationEndsANameLookup) {
  options_.resolver = std::make_shared<SilentResolver>();
  test::Cancellable call(context_, read_to_the_end(client(), get("http://slow.test/")));
  context_.run_for(10ms);
  ASSERT_FALSE(call.ended());

  call.cancel();

  expect_aborted(call.wait());
}

// On one context; across two the caller's must be joined first (HttpClient's contract).
TEST_F(HttpClientFaults, AStreamMayDieWithItsContext) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::chunked(200, "").chunk("x").hang());
  {
    boost::asio::io_context doomed(1);
    HttpClient local(doomed.get_executor(), options_);
    boost::asio::co_spawn(doomed, read_to_the_end(local, get(upstream.url())),
                          [](std::exception_ptr) {});
    while (!upstream.wait_for_requests(1, 1ms)) doomed.run_for(5ms);
    doomed.run_for(20ms);
  }

  EXPECT_TRUE(upstream.wait_for_disconnects(1, 2s));
}

}  // namespace
}  // namespace taskgate::net

#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::net {
namespace {

using test::RawClient;

std::string get_request(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post_echo(const std::string& body, const std::string& fields = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

using HttpServerTest = ServerTest;

TEST_F(HttpServerTest, AnswersWithTheFieldsOfEveryResponse) {
  start();

  const auto response = test::exchange(port(), get_request("/hello/you"));

  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200U);
  EXPECT_EQ(response->body, "hello you");
  EXPECT_EQ(response->header("Content-Length"), "9");
  EXPECT_EQ(response->header("Server"), "taskgate");
  EXPECT_EQ(response->header("Date").size(), 29U);
  EXPECT_TRUE(response->header("X-Request-Id").starts_with("req_"));
  EXPECT_EQ(response->header("Connection"), "");
}

TEST_F(HttpServerTest, EchoesOnlySafeRequestIds) {
  start();
  const auto id_for = [&](const std::string& id) {
    return test::exchange(port(), get_request("/hello/x", "X-Request-Id: " + id + "\r\n"))
        ->header("x-request-id");
  };

  EXPECT_EQ(id_for("abc-1.2_3"), "abc-1.2_3");
  EXPECT_EQ(id_for(std::string(128, 'a')), std::string(128, 'a'));
  EXPECT_TRUE(id_for(std::string(129, 'a')).starts_with("req_"));
  EXPECT_TRUE(id_for("a b").starts_with("req_"));
  EXPECT_TRUE(id_for("<script>").starts_with("req_"));
}

TEST_F(HttpServerTest, KeepsTheConnectionForManyRequests) {
  start();
  RawClient client(port());

  for (int i = 0; i < 50; ++i) {
    client.send(post_echo("body " + std::to_string(i)));
    const auto response = client.read_response();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, "body " + std::to_string(i));
  }

  EXPECT_EQ(server_->stats().accepted, 1U);
  EXPECT_EQ(server_->stats().requests, 50U);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(port());
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += i % 3 == 0 ? get_request("/hello/" + std::to_string(i)) : post_echo(std::to_string(i));
  }
  all.insert(0, get_request("/wait"));  // the slow one does not let the others overtake

  client.send(all);

  EXPECT_EQ(client.read_response()->body, "waited");
  for (int i = 0; i < 100; ++i) {
    const auto response = client.read_response();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, (i % 3 == 0 ? "hello " : "") + std::to_string(i));
  }
}

TEST_F(HttpServerTest, ReadsTheSameHoweverTheBytesAreSplit) {
  start();
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n04;x=y\r\ndefg\r\n0\r\nAuthorization: Bearer injected\r\n\r\n";
  const std::string request = post_echo("xyz") + chunked + get_request("/hello/z");

  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    SCOPED_TRACE(cut);
    RawClient client(port());
    client.send(std::string_view(request).substr(0, cut));
    client.send(std::string_view(request).substr(cut));
    EXPECT_EQ(client.read_response()->body, "xyz");
    const auto second = client.read_response();
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->body, "abcdefg");
    EXPECT_EQ(second->header("X-Trailer-Seen"), "none");
    EXPECT_EQ(client.read_response()->body, "hello z");
  }
}

TEST_F(HttpServerTest, ReadsABodyByteByByte) {
  start();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n" +
      post_echo("12345");
  RawClient client(port());

  for (const char byte : request) ASSERT_TRUE(client.send(std::string_view(&byte, 1)));

  EXPECT_EQ(client.read_response()->body, "");
  EXPECT_EQ(client.read_response()->body, "12345");
}

TEST_F(HttpServerTest, HeadGetsTheHeadersAlone) {
  start();
  RawClient client(port());

  client.send("HEAD /hello/you HTTP/1.1\r\nHost: a\r\n\r\n");
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  client.send(get_request("/hello/me"));

  EXPECT_EQ(client.read_response(true)->header("Content-Length"), "9");
  EXPECT_EQ(client.read_response(true)->header("Content-Type"), "text/event-stream");
  EXPECT_EQ(client.read_response()->body, "hello me");
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  start();
  RawClient once(port());
  once.send("GET /hello/a HTTP/1.0\r\n\r\n");
  const auto closed = once.read_response();
  RawClient kept(port());
  kept.send("GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto first = kept.read_response();
  kept.send("GET /hello/b HTTP/1.0\r\n\r\n");

  EXPECT_EQ(closed->body, "hello a");
  EXPECT_EQ(closed->header("Connection"), "close");
  EXPECT_TRUE(once.is_closed());
  EXPECT_EQ(first->header("Connection"), "keep-alive");
  EXPECT_EQ(kept.read_response()->body, "hello b");
  EXPECT_TRUE(kept.is_closed());
}

TEST_F(HttpServerTest, ClosesWhenAsked) {
  start();
  RawClient client(port());

  client.send(get_request("/hello/a", "Connection: close\r\n") + get_request("/sentinel"));

  EXPECT_EQ(client.read_response()->header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(sentinels_, 0);
}

TEST_F(HttpServerTest, NoContentHasNoBodyAndNoLength) {
  start();

  const auto response = test::exchange(port(), "DELETE /nothing HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(response->status, 204U);
  EXPECT_EQ(response->header("Content-Length"), "");
  EXPECT_EQ(response->header("Transfer-Encoding"), "");
}

TEST_F(HttpServerTest, RefusesUnknownPathsAndMethodsButKeepsTheConnection) {
  start();
  RawClient client(port());

  client.send(get_request("/nowhere"));
  client.send("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  client.send(get_request("/hello/a"));

  EXPECT_EQ(client.read_response()->body, "{\"code\":\"not_found\"}");
  const auto wrong = client.read_response();
  EXPECT_EQ(wrong->status, 405U);
  EXPECT_EQ(wrong->header("Allow"), "POST, PUT");
  EXPECT_EQ(client.read_response()->status, 404U);
  EXPECT_EQ(client.read_response()->body, "hello a");
  EXPECT_EQ(server_->stats().refused, 3U);
}

TEST_F(HttpServerTest, AHandlersExceptionIsA500WithoutInternals) {
  start();
  RawClient client(port());

  client.send(get_request("/throw") + get_request("/hello/a"));

  const auto response = client.read_response();
  EXPECT_EQ(response->status, 500U);
  EXPECT_EQ(response->body, "{\"code\":\"internal\"}");
  EXPECT_EQ(client.read_response()->body, "hello a");
}

TEST_F(HttpServerTest, TheGateAnswersBeforeTheBody) {
  gate_ = [](Request& request) -> std::optional<Response> {
    if (request.headers.find("Authorization")) return std::nullopt;
    return Response(401);
  };
  start();
  RawClient client(port());

  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");

  EXPECT_EQ(client.read_response()->status, 401U);  // and no 100
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, TheGateKeepsTheConnectionWhenTheBodyIsShort) {
  gate_ = [](Request& request) -> std::optional<Response> {
    if (request.headers.find("Authorization")) return std::nullopt;
    return Response(401);
  };
  start();
  RawClient client(port());

  client.send(post_echo("no") + post_echo("yes", "Authorization: x\r\n"));

  EXPECT_EQ(client.read_response()->status, 401U);
  EXPECT_EQ(client.read_response()->body, "yes");
}

TEST_F(HttpServerTest, AThrowingGateIsA500) {
  gate_ = [](Request&) -> std::optional<Response> { throw std::runtime_error("x"); };
  start();

  EXPECT_EQ(test::exchange(port(), get_request("/hello/a"))->status, 500U);
}

TEST_F(HttpServerTest, ExpectIsAnsweredBeforeTheBody) {
  start();
  RawClient client(port());

  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_response()->status, 100U);
  client.send("abc");

  EXPECT_EQ(client.read_response()->body, "abc");
}

TEST_F(HttpServerTest, SendsALargeBodyToASlowReader) {
  start();
  RawClient client(port());

  client.send(get_request("/big"));

  const auto response = client.read_response();
  EXPECT_TRUE(response->complete);
  EXPECT_EQ(response->body.size(), 8U << 20);
}

TEST_F(HttpServerTest, SeveralThreadsShareThePort) {
  options_.threads = 3;
  start();
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto response = test::exchange(port(), post_echo("x"));
        answered += response && response->body == "x" ? 1 : 0;
      }
    });
  }
  for (auto& client : clients) client.join();

  EXPECT_EQ(answered, 200);
  EXPECT_EQ(server_->stats().accepted, 200U);
}

TEST_F(HttpServerTest, TellsWhyItCannotListen) {
  start();
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    ServerOptions second = options_;
    second.port = port();
    second.threads = threads;
    HttpServer server(second, router_, gate_, refuse);

    const auto started = server.start();

    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code(), Errc::invalid_argument);
    EXPECT_NE(started.error().message().find("cannot listen on 127.0.0.1:"), std::string::npos);
  }
}

TEST_F(HttpServerTest, DrainEndsIdleConnectionsAndLetsBusyOnesFinish) {
  start();
  RawClient idle(port());
  idle.send(get_request("/hello/a"));
  idle.read_response();
  RawClient busy(port());
  busy.send(get_request("/wait"));
  ASSERT_TRUE(entered_.wait());

  server_->drain(std::chrono::seconds(10));

  EXPECT_TRUE(idle.is_closed());
  const auto response = busy.read_response();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "waited");
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_EQ(server_->stats().open, 0U);
  EXPECT_THROW(RawClient(port()).send("x"), std::runtime_error);
}

TEST_F(HttpServerTest, DrainCutsStreamsAfterItsGrace) {
  start();
  RawClient client(port());
  client.send(get_request("/endless"));
  ASSERT_TRUE(client.read_stream_head().has_value());
  EXPECT_EQ(client.read_chunk(), "first\n");

  server_->drain(std::chrono::milliseconds(50));

  EXPECT_FALSE(client.read_chunk().has_value());
  EXPECT_TRUE(stream_ended_.wait());
}

TEST_F(HttpServerTest, StopCutsEverything) {
  start();
  RawClient busy(port());
  busy.send(get_request("/wait"));
  RawClient streaming(port());
  streaming.send(get_request("/endless"));
  ASSERT_TRUE(streaming.read_stream_head().has_value());
  ASSERT_TRUE(entered_.wait());

  server_->stop();
  server_->stop();

  EXPECT_TRUE(stream_ended_.wait());
  EXPECT_EQ(server_->stats().open, 0U);
}

}  // namespace
}  // namespace taskgate::net

#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace taskgate::net {
namespace {

using test::RawClient;

const std::string kStream = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kEndless = "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n";
using HttpStreamTest = ServerTest;

TEST_F(HttpStreamTest, EveryWriteIsAChunkAndTheConnectionIsKept) {
  start();
  RawClient client(port());
  client.send(kStream);

  const auto head = client.read_stream_head();
  EXPECT_EQ(head->header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(head->header("Content-Length"), "");
  EXPECT_EQ(client.read_chunk(), "one\n");
  EXPECT_EQ(client.read_chunk(), "two\n");
  EXPECT_EQ(client.read_chunk(), "");
  client.send(kHelloRequest);
  EXPECT_EQ(client.read_response()->body, "hello x");
}

TEST_F(HttpStreamTest, Http10GetsTheBytesUntilClose) {
  start();
  RawClient client(port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  const auto response = client.read_response();

  EXPECT_EQ(response->header("Transfer-Encoding"), "");
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_EQ(response->body, "one\ntwo\n");
}

TEST_F(HttpStreamTest, RequestsPipelinedBehindAStreamWaitTheirTurn) {
  start();
  RawClient client(port());
  client.send(kHelloRequest + kStream + kHelloRequest + kStream + kHelloRequest);

  EXPECT_EQ(client.read_response()->body, "hello x");
  EXPECT_EQ(client.read_response()->body, "one\ntwo\n");
  EXPECT_EQ(client.read_response()->body, "hello x");
  EXPECT_EQ(client.read_response()->body, "one\ntwo\n");
  EXPECT_EQ(client.read_response()->body, "hello x");
}

TEST_F(HttpStreamTest, AClosedConnectionCancelsTheBody) {
  start();
  RawClient client(port());
  client.send(kEndless);
  client.read_stream_head();
  EXPECT_EQ(client.read_chunk(), "first\n");

  client.close();

  EXPECT_TRUE(stream_ended_.wait());
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpStreamTest, AResetConnectionCancelsTheBody) {
  start();
  RawClient client(port());
  client.send(kEndless);
  client.read_stream_head();

  client.reset();

  EXPECT_TRUE(stream_ended_.wait());
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpStreamTest, AClientThatDoesNotReadIsDropped) {
  options_.limits.write_timeout = std::chrono::milliseconds(100);
  start();
  RawClient client(port());
  client.send("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_TRUE(stream_ended_.wait());
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpStreamTest, AClientThatFloodsDuringAStreamIsDropped) {
  start();
  RawClient client(port());
  client.send(kEndless);
  client.read_stream_head();

  client.send(std::string(1U << 20, 'x'));

  EXPECT_TRUE(stream_ended_.wait());
  EXPECT_TRUE(open_becomes(0));
}

TEST_F(HttpStreamTest, ABodyThatThrowsIsCutNotEnded) {
  router_.add(Method::get, "/broken", RouteOptions{}, [](Request&) -> Awaitable {
    Response response(200);
    StreamBody body = [](StreamWriter& writer) -> boost::asio::awaitable<void> {
      (void)co_await writer.write("part");
      throw std::runtime_error("broke");
    };
    response.stream(std::move(body));
    co_return response;
  });
  start();

  const auto response = test::exchange(port(), "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(response->body, "part");
  EXPECT_FALSE(response->complete);
}

TEST_F(HttpStreamTest, ManyStreamsEndWithTheirClients) {
  options_.threads = 2;
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->send(kEndless);
  }
  for (auto& client : clients) {
    ASSERT_TRUE(client->read_stream_head().has_value());
    EXPECT_EQ(client->read_chunk(), "first\n");
  }
  EXPECT_EQ(server_->stats().open, 100U);

  clients.clear();

  EXPECT_TRUE(open_becomes(0));
}

}  // namespace
}  // namespace taskgate::net

#include "client_fixture.hpp"

namespace taskgate::net {
namespace {

class HttpClientTest : public HttpClientFixture {};

TEST_F(HttpClientTest, SendsTheRequestAndReadsTheResponse) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::json(201, R"({"ok":true})").header("X-Request-Id", "r1"));
  ClientRequest request = post(upstream.url() + "/v1/things?a=b", "hello");
  request.headers.add("Authorization", "Bearer key");

  const auto response = fetch(std::move(request));

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 201U);
  EXPECT_EQ(response->body, R"({"ok":true})");
  EXPECT_EQ(response->headers.find("x-request-id"), "r1");
  EXPECT_TRUE(response->timings.connected);
  EXPECT_GT(response->timings.first_byte.count(), 0);
  const auto seen = upstream.requests();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].target, "/v1/things?a=b");
  EXPECT_EQ(seen[0].body, "hello");
  EXPECT_EQ(seen[0].header("authorization"), "Bearer key");
  EXPECT_EQ(seen[0].header("host"), "127.0.0.1:" + std::to_string(upstream.port()));
  EXPECT_EQ(seen[0].header("accept-encoding"), "");
}

TEST_F(HttpClientTest, ReusesAConnectionThatEndedCleanly) {
  ScriptedUpstream upstream;
  upstream.otherwise([](const test::SeenRequest& seen) {
    return seen.target == "/chunked" ? Reply::sse({"a", "b"}) : Reply::whole(200, "", "x");
  });

  for (const char* path : {"/", "/chunked", "/", "/chunked"}) {
    const auto response = fetch(get(upstream.url() + path));
    ASSERT_TRUE(response);
  }

  EXPECT_EQ(upstream.connections(), 1U);
  EXPECT_EQ(upstream.requests().size(), 4U);
}

TEST_F(HttpClientTest, DoesNotReuseWhatTheServerOrAnEarlyEndForbids) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "x").header("Connection", "close"));
  upstream.enqueue(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxSURPLUS"));
  upstream.enqueue(Reply::chunked(200, "").chunk("part").hang());
  upstream.enqueue(Reply::whole(200, "", "last"));

  ASSERT_TRUE(fetch(get(upstream.url())));
  ASSERT_TRUE(fetch(get(upstream.url())));
  {
    auto stream = open(get(upstream.url()));
    ASSERT_TRUE(stream);
    EXPECT_EQ(read(**stream).value(), "part");
  }
  EXPECT_TRUE(upstream.wait_for_disconnects(1, 2s)) << "dropping the stream closes its connection";
  ASSERT_TRUE(fetch(get(upstream.url())));

  EXPECT_EQ(upstream.connections(), 4U);
}

TEST_F(HttpClientTest, ReplacesAPooledConnectionThatTheServerClosed) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "1").close());
  upstream.enqueue(Reply::whole(200, "", "2"));

  ASSERT_TRUE(fetch(post(upstream.url(), "a")));
  ASSERT_TRUE(upstream.wait_for_endings(1, 2s));
  const auto again = fetch(post(upstream.url(), "b"));

  ASSERT_TRUE(again) << again.error().detail();
  EXPECT_EQ(again->body, "2");
  EXPECT_EQ(upstream.connections(), 2U);
}

// The server reads the request on the old connection and closes without a byte.
TEST_F(HttpClientTest, ReplaysOnlyIdempotentRequestsOnADeadConnection) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "1"));
  upstream.enqueue(Reply().close());
  upstream.enqueue(Reply::whole(200, "", "replayed"));
  upstream.enqueue(Reply().close());

  ASSERT_TRUE(fetch(get(upstream.url())));
  const auto replayed = fetch(get(upstream.url()));
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->body, "replayed");
  const auto refused = fetch(post(upstream.url(), "pay"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::upstream_unavailable);
  EXPECT_EQ(upstream.requests().size(), 4U) << "the POST was sent once";
}

TEST_F(HttpClientTest, ReplaysNothingThatWasWrittenWhereThatIsForbidden) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "1"));
  upstream.enqueue(Reply().close());
  ASSERT_TRUE(fetch(get(upstream.url())));
  ClientProgress progress;
  auto request = get(upstream.url());
  request.method = Method::put;
  request.replay = Replay::if_unsent;
  request.progress = &progress;

  const auto refused = fetch(std::move(request));

  EXPECT_FALSE(refused);
  EXPECT_EQ(upstream.requests().size(), 2U) << "the PUT was sent once";
  EXPECT_TRUE(progress.request_left);
  EXPECT_FALSE(progress.response_began);
}

TEST_F(HttpClientTest, TellsThatAnAnswerBegan) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::raw("HTTP/1.1 2").close());
  ClientProgress progress;
  auto request = get(upstream.url());
  request.progress = &progress;

  EXPECT_FALSE(fetch(std::move(request)));
  EXPECT_TRUE(progress.request_left);
  EXPECT_TRUE(progress.response_began);
}

TEST_F(HttpClientTest, TellsThatNothingOfTheRequestLeft) {
  std::uint16_t port = 0;
  {
    ScriptedUpstream gone;
    port = gone.port();
  }
  ClientProgress progress;
  auto request = get("http://127.0.0.1:" + std::to_string(port));
  request.progress = &progress;

  EXPECT_FALSE(fetch(std::move(request)));
  EXPECT_FALSE(progress.request_left);
}

TEST_F(HttpClientTest, DoesNotReplayOnAFreshConnection) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply().close());

  const auto response = fetch(get(upstream.url()));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(HttpClientTest, StreamsPiecesAsTheyArrive) {
  ScriptedUpstream upstream;
  upstream.enqueue(
      Reply::chunked(200, "text/event-stream").chunk("one").stall().chunk("two").last_chunk());

  auto opened = open(get(upstream.url()));
  ASSERT_TRUE(opened);
  EXPECT_EQ(read(**opened).value(), "one") << "before the second was sent";
  upstream.release();

  EXPECT_EQ(read_all(**opened), "two");
  EXPECT_EQ(read(**opened).value(), "") << "the end stays the end";
}

TEST_F(HttpClientTest, ReadsABodyThatEndsWithTheConnection) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::raw("HTTP/1.0 200 OK\r\n\r\nuntil the end").close());

  const auto response = fetch(get(upstream.url()));

  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "until the end");
}

TEST_F(HttpClientTest, SkipsInterimResponses) {
  ScriptedUpstream upstream;
  upstream.enqueue(
      Reply::raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n")
          .send("\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));

  const auto response = fetch(get(upstream.url()));

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200U);
  EXPECT_EQ(response->body, "ok");
}

TEST_F(HttpClientTest, DoesNotFollowRedirects) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(302, "", "").header("Location", upstream.url() + "/elsewhere"));

  const auto response = fetch(get(upstream.url()));

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302U);
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(HttpClientTest, HeadHasNoBodyWhateverItsLength) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"));
  upstream.enqueue(Reply::whole(200, "", "x"));
  ClientRequest request = get(upstream.url());
  request.method = Method::head;

  ASSERT_TRUE(fetch(std::move(request)));
  ASSERT_TRUE(fetch(get(upstream.url())));

  EXPECT_EQ(upstream.connections(), 1U);
}

TEST_F(HttpClientTest, SendsALargeBodyWhole) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "got it"));
  const std::string body(3'000'000, 'b');

  ASSERT_TRUE(fetch(post(upstream.url(), body)));

  EXPECT_EQ(upstream.requests()[0].body, body);
}

TEST_F(HttpClientTest, RefusesFieldsThatWouldBreakTheRequest) {
  struct Case {
    const char* name;
    const char* value;
  };
  for (const Case& c :
       {Case{"X", "a\r\nB: c"}, Case{"X Y", "a"}, Case{"", "a"}, Case{"Host", "evil"},
        Case{"Transfer-Encoding", "chunked"}, Case{"content-length", "3"}, Case{"X", "a\x01"}}) {
    ClientRequest request = get("http://127.0.0.1:1/");
    request.headers.add(c.name, c.value);

    const auto response = fetch(std::move(request));

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Errc::invalid_argument) << c.name;
  }
}

TEST_F(HttpClientTest, TheAddressPolicyJudgesNewAndPooledConnections) {
  ScriptedUpstream upstream;
  upstream.otherwise([](const test::SeenRequest&) { return Reply::whole(200, "", "x"); });
  ASSERT_TRUE(fetch(get(upstream.url())));
  std::vector<std::string> asked;
  ClientRequest request = get(upstream.url());
  request.address_policy = [&](const boost::asio::ip::address& address, std::uint16_t port) {
    asked.push_back(address.to_string() + " " + std::to_string(port));
    return Result<void>(Error(Errc::forbidden, "the address is not allowed"));
  };

  const auto response = fetch(std::move(request));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::forbidden);
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked.front(), "127.0.0.1 " + std::to_string(upstream.port()));
  EXPECT_EQ(upstream.requests().size(), 1U);
}

class TableResolver final : public Resolver {
 public:
  void resolve(std::string host, Done done) override {
    hosts.push_back(host);
    if (silent) {
      kept.push_back(std::move(done));
    } else {
      done(answer);
    }
  }
  Result<Addresses> answer = Error(Errc::upstream_unavailable, "no such host");
  bool silent = false;
  std::vector<std::string> hosts;
  std::vector<Done> kept;
};

TEST_F(HttpClientTest, TriesEveryAddressOfAName) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "x"));
  auto table = std::make_shared<TableResolver>();
  // Nothing listens on the port at the first address of the loopback network.
  table->answer = Resolver::Addresses{boost::asio::ip::make_address("127.0.0.99"),
                                      boost::asio::ip::make_address("127.0.0.1")};
  options_.resolver = table;

  const auto response = fetch(get("http://two.test:" + std::to_string(upstream.port()) + "/"));

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(table->hosts, std::vector<std::string>{"two.test"});
  EXPECT_EQ(upstream.requests()[0].header("host"), "two.test:" + std::to_string(upstream.port()));
}

TEST_F(HttpClientTest, ANameThatIsNeverResolvedTimesOut) {
  auto table = std::make_shared<TableResolver>();
  table->silent = true;
  options_.resolver = table;
  timeouts_.connect = 50ms;

  const auto response = fetch(get("http://slow.test/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::timeout);
  table->kept.at(0)(Resolver::Addresses{});  // an answer nobody waits for is dropped
}

TEST_F(HttpClientTest, TheSystemResolverKnowsLocalhost) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "x"));

  const auto response = fetch(get("http://localhost:" + std::to_string(upstream.port()) + "/"));

  EXPECT_TRUE(response) << response.error().detail();
}

TEST_F(HttpClientTest, DrainingLetsTheConnectionServeAgain) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::chunked(200, "").chunk("wanted").stall().chunk("rest").last_chunk());
  upstream.enqueue(Reply::whole(200, "", "x"));
  {
    auto opened = open(get(upstream.url()));
    EXPECT_EQ(read(**opened).value(), "wanted");
    upstream.release();
    test::run(context_, (*opened)->drain(2s));
  }
  ASSERT_TRUE(fetch(get(upstream.url())));

  EXPECT_EQ(upstream.connections(), 1U);
}

TEST_F(HttpClientTest, IdleConnectionsAreClosedAfterTheirLifetime) {
  ScriptedUpstream upstream;
  options_.idle_lifetime = 30ms;
  upstream.enqueue(Reply::whole(200, "", "x"));

  ASSERT_TRUE(fetch(get(upstream.url())));

  EXPECT_TRUE(upstream.wait_for_disconnects(1, 2s));
}

TEST_F(HttpClientTest, KeepsNoMoreIdleConnectionsThanAllowed) {
  ScriptedUpstream upstream;
  options_.max_idle_per_host = 1;
  upstream.enqueue(Reply::chunked(200, "").stall().last_chunk());
  upstream.enqueue(Reply::chunked(200, "").stall().last_chunk());
  {
    auto first = open(get(upstream.url()));
    auto second = open(get(upstream.url()));
    upstream.release();
    upstream.release();
    read_all(**first);
    read_all(**second);
  }

  EXPECT_TRUE(upstream.wait_for_disconnects(1, 2s));
  client().close_idle();
  EXPECT_TRUE(upstream.wait_for_disconnects(2, 2s));
}

}  // namespace
}  // namespace taskgate::net

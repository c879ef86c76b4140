#include "unit/tools/tool_fixture.hpp"

namespace taskgate::tools {
namespace {

constexpr const char* kAnything = R"({"type":"object"})";

class HttpToolTest : public ToolFixture {
 protected:
  HttpToolConfig& add(std::string name, const std::string& url, Effect effect = Effect::write) {
    HttpToolConfig tool;
    tool.definition.name = std::move(name);
    tool.definition.parameters = kAnything;
    tool.definition.effect = effect;
    tool.definition.timeout = 5s;
    tool.url = url;
    tool.allow_private = true;
    config_.http.push_back(std::move(tool));
    return config_.http.back();
  }
  // The same downstream as a write and as a read.
  void add_both(const std::string& url, std::chrono::milliseconds timeout = 5s) {
    add("pay", url).definition.timeout = timeout;
    add("look", url, Effect::read).definition.timeout = timeout;
  }
  // What each of the two came to.
  void expect(State write, State read, bool read_retryable, const char* evidence) {
    const auto wrote = call("pay", R"({"amount":1})");
    EXPECT_EQ(wrote.state, write) << wrote.evidence;
    EXPECT_NE(wrote.evidence.find(evidence), std::string::npos) << wrote.evidence;
    const auto looked = call("look", R"({"id":1})");
    EXPECT_EQ(looked.state, read) << looked.evidence;
    EXPECT_EQ(looked.retryable, read_retryable);
    EXPECT_NE(looked.evidence.find(evidence), std::string::npos) << looked.evidence;
  }

  ScriptedUpstream upstream_;
};

TEST_F(HttpToolTest, SendsTheArgumentsAsTheyWereWrittenUnderTheirKey) {
  auto& tool = add("pay", upstream_.url() + "/pay?v=1");
  tool.headers = {{"Authorization", "Bearer x"}, {"Accept", "application/vnd.erp+json"}};
  tool.definition.idempotency_header = "X-Once";
  upstream_.enqueue(Reply::json(201, R"({"id":7})"));

  const auto outcome = call("pay", R"({"amount": 1.0,"id":12345678901234567890123})");

  EXPECT_EQ(outcome.state, State::succeeded);
  EXPECT_FALSE(outcome.is_error);
  EXPECT_EQ(outcome.result, R"({"id":7})");
  EXPECT_EQ(outcome.http_status, 201);
  EXPECT_EQ(outcome.evidence, "HTTP 201");
  const auto seen = upstream_.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/pay?v=1");
  EXPECT_EQ(seen.body, R"({"amount": 1.0,"id":12345678901234567890123})");
  EXPECT_EQ(seen.header("x-once"), "tg_key");
  EXPECT_EQ(seen.header("idempotency-key"), "");
  EXPECT_EQ(seen.header("authorization"), "Bearer x");
  EXPECT_EQ(seen.header("accept"), "application/vnd.erp+json");
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.header("x-taskgate-task"), "task_1");
}

TEST_F(HttpToolTest, AGetCarriesItsArgumentsInTheQueryAndNoKey) {
  add("look", upstream_.url() + "/find?v=1", Effect::read).method = net::Method::get;
  upstream_.enqueue(Reply::json(200, "[]"));

  call("look", R"({"name":"a b&c=é/\r\nX: y","n":1.5,"list":[1,"x"],"on":true})");

  const auto seen = upstream_.requests().at(0);
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.target,
            "/find?v=1&list=%5B1%2C%22x%22%5D&n=1.5&name=a%20b%26c%3D%C3%A9%2F%0D%0AX%3A%20y"
            "&on=true");
  EXPECT_EQ(seen.body, "");
  EXPECT_EQ(seen.header("idempotency-key"), "");
}

TEST_F(HttpToolTest, AQueryKeepsEveryDigitOrIsNotSent) {
  add("look", upstream_.url() + "/find", Effect::read).method = net::Method::get;
  upstream_.enqueue(Reply::json(200, "[]"));

  call("look", R"({"id":12345678901234567890123})");
  const auto refused = call("look", R"({"ids":[12345678901234567890123]})");

  EXPECT_EQ(upstream_.requests().at(0).target, "/find?id=12345678901234567890123");
  EXPECT_EQ(refused.state, State::failed_definite);
  EXPECT_FALSE(refused.retryable);
  EXPECT_EQ(upstream_.requests().size(), 1U);
}

// The last look is at the connection, right before the first byte.
TEST_F(HttpToolTest, ACallMayBeHeldBackUntilItsFirstByte) {
  add_both(upstream_.url());
  upstream_.otherwise([](const test::SeenRequest&) { return Reply::json(200, "{}"); });
  for (const char* name : {"pay", "look"}) {
    SCOPED_TRACE(name);
    const auto connected = upstream_.connections();
    const auto held = call_if(name, [] { return false; });

    EXPECT_TRUE(held.not_sent);
    EXPECT_EQ(held.state, State::failed_definite);
    EXPECT_NE(held.evidence.find("nothing was sent"), std::string::npos) << held.evidence;
    EXPECT_TRUE(upstream_.wait_for_disconnects(connected + 1, 5s)) << "it was about to be sent";
  }
  EXPECT_TRUE(upstream_.requests().empty());

  int asked = 0;
  const auto sent = call_if("pay", [&] { return ++asked > 0; });
  EXPECT_EQ(sent.state, State::succeeded);
  EXPECT_FALSE(sent.not_sent);
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(call_if("pay", [] { return false; }).not_sent) << "over a pooled connection";
  EXPECT_EQ(upstream_.requests().size(), 1U);
}

TEST_F(HttpToolTest, ARefusedConnectionIsDefinite) {
  std::string gone;
  {
    ScriptedUpstream closed;
    gone = closed.url();
  }
  add_both(gone);

  expect(State::failed_definite, State::failed_definite, true, "nothing was sent");
  EXPECT_TRUE(call("pay").retryable);
}

TEST_F(HttpToolTest, AFailedHandshakeIsDefinite) {
  const test::TestCertificates certificates;
  test::UpstreamOptions options;
  options.certificates = &certificates;
  ScriptedUpstream stranger(options);  // of an authority that nobody here knows
  add_both(stranger.url());

  expect(State::failed_definite, State::failed_definite, true, "TLS");
  EXPECT_TRUE(stranger.requests().empty());
}

TEST_F(HttpToolTest, ACutInTheMiddleOfTheRequestIsUnknown) {
  test::UpstreamOptions options;
  options.close_on_accept = true;
  ScriptedUpstream rude(options);
  add("pay", rude.url());
  const std::string large = R"({"text":")" + std::string(900'000, 'x') + R"("})";

  const auto outcome = call("pay", large);

  EXPECT_EQ(outcome.state, State::unknown) << outcome.evidence;
  EXPECT_NE(outcome.evidence.find("after the request was sent"), std::string::npos);
}

TEST_F(HttpToolTest, ALostAnswerIsUnknownForAWriteAndNothingForARead) {
  upstream_.otherwise([](const test::SeenRequest&) { return Reply().close(); });
  add_both(upstream_.url());

  expect(State::unknown, State::failed_definite, true, "after the request was sent");
  EXPECT_EQ(upstream_.requests().size(), 2U) << "each was sent once";
}

TEST_F(HttpToolTest, AResetAfterTheRequestIsUnknown) {
  upstream_.otherwise([](const test::SeenRequest&) { return Reply().reset(); });
  add_both(upstream_.url());

  expect(State::unknown, State::failed_definite, true, "after the request was sent");
}

TEST_F(HttpToolTest, ATimeoutAfterTheSendIsUnknown) {
  upstream_.otherwise([](const test::SeenRequest&) { return Reply().hang(); });
  add_both(upstream_.url(), 100ms);

  expect(State::unknown, State::failed_definite, true, "did not answer in time");
}

TEST_F(HttpToolTest, ASlowDripEndsWithTheToolsTimeout) {
  upstream_.otherwise([](const test::SeenRequest&) {
    Reply reply = Reply::chunked(200, "application/json");
    for (int i = 0; i < 500; ++i) reply.chunk("x").pause(10ms);
    return reply;
  });
  add_both(upstream_.url(), 200ms);

  expect(State::unknown, State::failed_definite, true, "HTTP 200, then");
}

TEST_F(HttpToolTest, AnAnswerThatBreaksOffIsUnknownUnlessItsStatusSaysOtherwise) {
  upstream_.enqueue(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close());
  upstream_.enqueue(Reply::raw("HTTP/1.1 422 No\r\nContent-Length: 9\r\n\r\nhalf").close());
  add("pay", upstream_.url());

  EXPECT_EQ(call("pay").state, State::unknown);
  const auto refused = call("pay");
  EXPECT_EQ(refused.state, State::failed_definite);
  EXPECT_EQ(refused.result, "half");
}

TEST_F(HttpToolTest, StatusesMeanWhatTheDefinitionSays) {
  const struct {
    int status;
    State write;
    bool write_retryable;
    bool read_retryable;
  } cases[] = {
      {400, State::failed_definite, false, false}, {401, State::failed_definite, false, false},
      {403, State::failed_definite, false, false}, {404, State::failed_definite, false, false},
      {405, State::failed_definite, false, false}, {413, State::failed_definite, false, false},
      {415, State::failed_definite, false, false}, {422, State::failed_definite, false, false},
      {429, State::failed_definite, true, true},   {301, State::unknown, false, false},
      {307, State::unknown, false, false},         {402, State::unknown, false, false},
      {408, State::unknown, false, true},          {409, State::unknown, false, false},
      {500, State::unknown, false, true},          {502, State::unknown, false, true},
      {503, State::unknown, false, true},          {504, State::unknown, false, true},
  };
  add_both(upstream_.url());
  for (const auto& c : cases) {
    SCOPED_TRACE(c.status);
    for (int i = 0; i < 2; ++i) {
      upstream_.enqueue(Reply::json(static_cast<unsigned>(c.status), R"({"why":"so"})")
                            .header("Location", upstream_.url() + "/elsewhere")
                            .header("Retry-After", "7"));
    }

    const auto wrote = call("pay");
    const auto looked = call("look");

    EXPECT_EQ(wrote.state, c.write);
    EXPECT_EQ(wrote.retryable, c.write_retryable);
    EXPECT_TRUE(wrote.is_error);
    EXPECT_EQ(wrote.result, R"({"why":"so"})");
    EXPECT_EQ(wrote.http_status, c.status);
    EXPECT_EQ(wrote.retry_after, std::chrono::milliseconds(7s));
    EXPECT_EQ(looked.state, State::failed_definite) << "a read is never unknown";
    EXPECT_EQ(looked.retryable, c.read_retryable);
  }
  EXPECT_EQ(upstream_.requests().size(), 2 * std::size(cases)) << "no redirect was followed";
}

TEST_F(HttpToolTest, ADeclaredStatusIsDefiniteAndAnUndeclaredOneIsNot) {
  add("pay", upstream_.url()).definition.not_executed_status = {503};
  upstream_.enqueue(Reply::json(503, "{}"));
  upstream_.enqueue(Reply::json(422, "{}"));

  EXPECT_EQ(call("pay").state, State::failed_definite);
  EXPECT_EQ(call("pay").state, State::unknown);
}

TEST_F(HttpToolTest, AnOversizedAnswerIsCutAndSaysSo) {
  add("pay", upstream_.url()).definition.max_result_bytes = 1001;
  std::string body;
  for (int i = 0; i < 5000; ++i) body += "é";
  upstream_.enqueue(Reply::whole(200, "text/plain", body));

  const auto outcome = call("pay");

  EXPECT_EQ(outcome.state, State::succeeded);
  EXPECT_TRUE(outcome.cut);
  EXPECT_EQ(outcome.result.find("\n[cut: "), 1000U) << "at the end of a character";
  EXPECT_NE(outcome.result.find("1001 bytes"), std::string::npos);
}

TEST_F(HttpToolTest, WhatIsNotUtf8IsMadeSo) {
  add("pay", upstream_.url());
  upstream_.enqueue(Reply::whole(200, "text/plain",
                                 "a\xff"
                                 "b"));

  EXPECT_EQ(call("pay").result,
            "a\xEF\xBF\xBD"
            "b");
}

TEST_F(HttpToolTest, AWriteIsNotReplayedOnADeadConnection) {
  auto& put = add("pay", upstream_.url());
  put.method = net::Method::put;
  upstream_.enqueue(Reply::json(200, "{}"));
  upstream_.enqueue(Reply().close());

  EXPECT_EQ(call("pay").state, State::succeeded);
  EXPECT_EQ(call("pay").state, State::unknown);
  EXPECT_EQ(upstream_.requests().size(), 2U);
}

TEST_F(HttpToolTest, PrivateAddressesNeedTheOperatorsWord) {
  EXPECT_THROW(
      {
        add("pay", upstream_.url()).allow_private = false;
        box();
      },
      std::invalid_argument);
}

TEST_F(HttpToolTest, ThisServerItselfIsNeverCalled) {
  config_.own_listeners.push_back({boost::asio::ip::make_address("127.0.0.1"), upstream_.port()});
  add("pay", "http://localhost:" + std::to_string(upstream_.port()) + "/");

  const auto outcome = call("pay");

  EXPECT_EQ(outcome.state, State::failed_definite);
  EXPECT_FALSE(outcome.retryable);
  EXPECT_NE(outcome.evidence.find("this server's own"), std::string::npos);
  EXPECT_TRUE(upstream_.requests().empty());
}

TEST_F(HttpToolTest, AsksForAKey) {
  add("pay", upstream_.url()).reconcile_url = upstream_.url() + "/by-key/{key}?x=1";
  upstream_.enqueue(Reply::json(200, R"({"id":7})"));
  upstream_.enqueue(Reply::json(404, "{}"));
  upstream_.enqueue(Reply::json(202, "{}"));
  upstream_.enqueue(Reply::json(500, "{}"));
  upstream_.enqueue(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close());

  const auto executed = reconcile("pay", "tg_abc");

  EXPECT_EQ(executed.state, Reconciled::State::executed);
  EXPECT_EQ(executed.result, R"({"id":7})");
  EXPECT_EQ(upstream_.requests().at(0).target, "/by-key/tg_abc?x=1");
  EXPECT_EQ(reconcile("pay", "k").state, Reconciled::State::not_executed);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reconcile("pay", "k").state, Reconciled::State::unknown) << i;
  }
}

TEST_F(HttpToolTest, ACancelledCallEndsAtOnce) {
  upstream_.otherwise([](const test::SeenRequest&) { return Reply().hang(); });
  add("pay", upstream_.url()).definition.timeout = 60s;
  auto task = [](Tool& tool) -> boost::asio::awaitable<void> {
    ToolCallRequest request;
    request.arguments = "{}";
    const auto outcome = co_await tool.call(std::move(request));
    ADD_FAILURE() << outcome.evidence;
  };
  test::Cancellable call(context_, task(*box().find("pay")));
  call.run_until([&] { return upstream_.requests().size() == 1; });

  call.cancel();

  EXPECT_TRUE(call.wait());
  EXPECT_TRUE(upstream_.wait_for_disconnects(1, 5s));
}

// The server never answers the TLS handshake: nothing of the call can have reached it.
TEST_F(HttpToolTest, ACallThatIsStoppedBeforeItLeftWasNotSent) {
  add("pay", "https://127.0.0.1:" + std::to_string(upstream_.port())).definition.timeout = 60s;
  std::optional<ToolOutcome> outcome;
  auto task = [&outcome](Tool& tool) -> boost::asio::awaitable<void> {
    ToolCallRequest request;
    request.arguments = "{}";
    auto got = co_await tool.call(std::move(request));
    outcome = std::move(got);
  };
  test::Cancellable call(context_, task(*box().find("pay")));
  call.run_until([&] { return upstream_.connections() == 1; });

  call.cancel();

  EXPECT_FALSE(call.wait());  // it ended with an outcome
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->not_sent) << outcome->evidence;
}

TEST_F(HttpToolTest, TheVersionFollowsWhatMakesATool) {
  const auto version = [&](const std::function<void(HttpToolConfig&)>& change) {
    config_.http.clear();
    box_.reset();
    change(add("pay", upstream_.url()));
    return box().find("pay")->contract()->definition.version;
  };
  const std::string plain = version([](HttpToolConfig&) {});

  EXPECT_EQ(version([](HttpToolConfig& t) { t.definition.description = "x"; }), plain);
  EXPECT_EQ(version([](HttpToolConfig& t) { t.definition.parameters = R"( {"type" : "object"})"; }),
            plain);
  EXPECT_NE(version([](HttpToolConfig& t) { t.definition.parameters = "{}"; }), plain);
  EXPECT_NE(version([](HttpToolConfig& t) { t.definition.effect = Effect::read; }), plain);
  EXPECT_NE(version([](HttpToolConfig& t) { t.method = net::Method::put; }), plain);
  EXPECT_NE(version([](HttpToolConfig& t) { t.url += "/x"; }), plain);
  EXPECT_NE(version([](HttpToolConfig& t) { t.reconcile_url = t.url + "/{key}"; }), plain);
}

}  // namespace
}  // namespace taskgate::tools

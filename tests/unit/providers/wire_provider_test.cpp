// The provider against a scripted upstream: what it sends, and what it makes of every way to fail.
#include "providers/wire_provider.hpp"

#include "providers/openai_chat/codec.hpp"
#include "support/coro.hpp"
#include "support/recording_sink.hpp"
#include "support/scripted_upstream.hpp"

#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::providers {
namespace {

using namespace std::chrono_literals;
using test::Reply;
using test::ScriptedUpstream;

std::string data(const std::string& text) {
  return "data: " + text + "\n\n";
}
std::string content(const std::string& text) {
  return data(R"({"model":"served","choices":[{"index":0,"delta":{"content":")" + text +
              R"("}}]})");
}
std::string finish(const std::string& reason) {
  return data(R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + reason + R"("}]})");
}
const std::string kDone = data("[DONE]");

class WireProviderTest : public testing::Test {
 protected:
  std::unique_ptr<Provider> make() {
    return std::make_unique<WireProvider>(config_, make_openai_chat(config_), client_, clock_);
  }
  Provider& provider() {
    if (!provider_) {
      config_.base_url = upstream_.url() + "/v1";
      provider_ = make();
    }
    return *provider_;
  }
  static ModelRequest ask() {
    ModelRequest request;
    request.model = "some-model";
    request.task_id = "task_42";
    Message message;
    message.role = "user";
    message.content.emplace_back();
    message.content.back().text = "hi";
    request.messages.push_back(std::move(message));
    return request;
  }
  TurnOutcome run() { return test::run(context_, provider().stream(ask(), sink_)); }
  TurnOutcome answer(Reply reply) {
    upstream_.enqueue(std::move(reply));
    return run();
  }
  Failure failure(Reply reply) {
    const TurnOutcome outcome = answer(std::move(reply));
    EXPECT_NE(outcome.failure(), nullptr);
    return outcome.failure() != nullptr ? *outcome.failure() : Failure();
  }

  ScriptedUpstream upstream_;
  boost::asio::io_context context_{1};
  boost::asio::thread_pool sockets_{1};  // after the context: joined before it goes
  net::HttpClient client_{sockets_.get_executor(), {}};
  SystemClock clock_;
  ProviderConfig config_;
  std::unique_ptr<Provider> provider_;
  test::RecordingSink sink_;
};

TEST_F(WireProviderTest, StreamsATurn) {
  config_.api_key = Secret("sk-test");
  config_.headers.emplace_back("OpenAI-Organization", "org");

  const TurnOutcome outcome =
      answer(Reply::sse({content("Hel"), content("lo"), finish("stop"), kDone})
                 .header("x-request-id", "r9"));

  ASSERT_NE(outcome.turn(), nullptr) << outcome.failure()->message;
  EXPECT_EQ(outcome.turn()->text, "Hello");
  EXPECT_EQ(outcome.turn()->request_id, "r9");
  EXPECT_TRUE(outcome.turn()->first_token);
  EXPECT_EQ(sink_.text, "Hello");
  const auto seen = upstream_.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/chat/completions");
  EXPECT_EQ(seen.header("authorization"), "Bearer sk-test");
  EXPECT_EQ(seen.header("openai-organization"), "org");
  EXPECT_EQ(seen.header("x-client-request-id"), "task_42");
  EXPECT_EQ(nlohmann::json::parse(seen.body)["model"], "some-model");
}

TEST_F(WireProviderTest, DeltasComeAsTheyAreSent) {
  upstream_.enqueue(Reply::chunked(200, "text/event-stream")
                        .chunk(content("first"))
                        .stall()
                        .chunk(finish("stop") + kDone)
                        .last_chunk());
  auto wait = [](Provider& chat, DeltaSink& sink) -> boost::asio::awaitable<void> {
    auto outcome = co_await chat.stream(ask(), sink);
    EXPECT_NE(outcome.turn(), nullptr);
  };
  test::Cancellable call(context_, wait(provider(), sink_));

  call.run_until([&] { return sink_.text == "first"; });
  EXPECT_FALSE(call.ended());
  upstream_.release();
  EXPECT_FALSE(call.wait());
}

TEST_F(WireProviderTest, TheConnectionServesTheNextTurn) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(answer(Reply::sse({content("x"), finish("stop"), kDone})).turn(), nullptr);
  }
  EXPECT_EQ(upstream_.connections(), 1U);
}

TEST_F(WireProviderTest, WaitsForAFullSink) {
  sink_.full_every = 1;

  ASSERT_NE(answer(Reply::sse({content("x"), finish("stop"), kDone})).turn(), nullptr);

  EXPECT_GE(sink_.waits, 1);
}

TEST_F(WireProviderTest, HttpErrorsAreClassified) {
  struct Case {
    unsigned status;
    const char* body;
    FailureClass expected;
  };
  const Case cases[] = {
      {400, R"({"error":{"message":"too long","code":"context_length_exceeded"}})",
       FailureClass::caller},
      {401, R"({"error":{"message":"bad key"}})", FailureClass::caller},
      {429, R"({"error":{"message":"slow"}})", FailureClass::rate},
      {429, R"({"error":{"code":"insufficient_quota","message":"pay"}})", FailureClass::quota},
      {500, "", FailureClass::server},
      {502, "<html>bad gateway</html>", FailureClass::server},
      {503, "", FailureClass::overload},
      {302, "", FailureClass::caller},
      {204, "", FailureClass::malformed},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.status);
    const Failure failed = failure(Reply::json(c.status, c.body).header("x-request-id", "r1"));
    EXPECT_EQ(failed.failure_class, c.expected);
    if (c.status != 204) {
      EXPECT_EQ(failed.http_status, static_cast<int>(c.status));
    }
    EXPECT_EQ(failed.request_id, "r1");
    EXPECT_FALSE(failed.message.empty());
  }
}

TEST_F(WireProviderTest, HonoursRetryAfter) {
  EXPECT_EQ(failure(Reply::json(429, "{}").header("retry-after-ms", "250")).retry_after, 250ms);
  EXPECT_EQ(failure(Reply::json(503, "{}").header("Retry-After", "2")).retry_after, 2s);
  EXPECT_EQ(
      failure(Reply::json(429, "{}").header("x-ratelimit-reset-tokens", "1m26.4s")).retry_after,
      86'400ms);
  EXPECT_EQ(failure(Reply::json(429, "{}").header("Retry-After", "garbage")).retry_after,
            std::nullopt);
}

TEST_F(WireProviderTest, TheUpstreamsAdviceOnRetriesIsHeard) {
  const auto advised = [&](unsigned status, const char* advice, const char* body) {
    return failure(Reply::json(status, body).header("x-should-retry", advice)).retryable();
  };
  EXPECT_FALSE(advised(500, "false", "{}"));
  EXPECT_TRUE(advised(400, "true", "{}"));
  // No money is no money.
  EXPECT_FALSE(advised(429, "true", R"({"error":{"code":"insufficient_quota"}})"));
}

TEST_F(WireProviderTest, LimitsAndTimesAreTold) {
  const TurnOutcome outcome = answer(Reply::sse({content("x"), finish("stop"), kDone})
                                         .header("x-ratelimit-remaining-tokens", "7"));

  ASSERT_NE(outcome.turn(), nullptr);
  ASSERT_EQ(outcome.turn()->rate_limits.size(), 1U);
  EXPECT_EQ(outcome.turn()->rate_limits[0].remaining, 7);
  const TurnTimings& times = outcome.turn()->timings;
  ASSERT_TRUE(times.connect && times.first_byte && times.first_token && times.total);
  EXPECT_FALSE(times.tls) << "the upstream of this test speaks plain HTTP";
  EXPECT_LE(*times.connect, *times.first_byte);
  EXPECT_LE(*times.first_byte, *times.first_token);
  EXPECT_LE(*times.first_token, *times.total);
}

TEST_F(WireProviderTest, AStreamUnderAWrongTypeIsReadAsAStream) {
  const TurnOutcome outcome =
      answer(Reply::whole(200, "application/json", content("x") + finish("stop") + kDone));

  ASSERT_NE(outcome.turn(), nullptr);
  EXPECT_EQ(outcome.turn()->text, "x");
}

TEST_F(WireProviderTest, TheOperatorsFieldsWin) {
  config_.api_key = Secret("sk-test");
  config_.headers.emplace_back("authorization", "Other scheme");

  answer(Reply::sse({content("x"), finish("stop"), kDone}));

  EXPECT_EQ(upstream_.requests().at(0).header("authorization"), "Other scheme");
}

TEST_F(WireProviderTest, KeysNeverReachAMessage) {
  config_.api_key = Secret("plainkeywithoutprefix");
  const Failure failed = failure(Reply::json(
      401,
      R"({"error":{"message":"Incorrect API key: plainkeywithoutprefix or sk-abcdefghijklmnopqrst",
               "code":"plainkeywithoutprefix"}})"));

  for (const std::string& text : {failed.message, failed.code}) {
    EXPECT_EQ(text.find("plainkey"), std::string::npos) << text;
    EXPECT_EQ(text.find("abcdefghijklmnop"), std::string::npos) << text;
  }
}

TEST_F(WireProviderTest, AJsonBodyOn200IsAnErrorOrAWholeAnswer) {
  EXPECT_EQ(failure(Reply::json(200, R"({"error":{"code":"insufficient_quota"}})")).failure_class,
            FailureClass::quota);
  EXPECT_EQ(failure(Reply::json(200, R"({"hello":1})")).failure_class, FailureClass::malformed);
  EXPECT_EQ(failure(Reply::json(200, "{")).failure_class, FailureClass::malformed);
  EXPECT_EQ(failure(Reply::whole(200, "text/html", "<html>")).failure_class,
            FailureClass::malformed);
  const TurnOutcome whole = answer(
      Reply::json(200, R"({"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]})"));
  ASSERT_NE(whole.turn(), nullptr);
  EXPECT_EQ(whole.turn()->text, "whole");
}

TEST_F(WireProviderTest, AStreamThatBreaksOffIsCut) {
  const auto begun = [] { return Reply::chunked(200, "text/event-stream").chunk(content("half")); };

  EXPECT_EQ(failure(begun().close()).failure_class, FailureClass::stream_cut);
  EXPECT_EQ(failure(begun().reset()).failure_class, FailureClass::stream_cut);
  EXPECT_EQ(failure(begun().send("20\r\ndata: {\"cho").close()).failure_class,
            FailureClass::stream_cut);
  EXPECT_EQ(failure(begun().last_chunk()).failure_class, FailureClass::stream_cut);
  EXPECT_TRUE(failure(begun().close()).retryable());
}

TEST_F(WireProviderTest, ACompleteAnswerSurvivesACut) {
  const TurnOutcome outcome =
      answer(Reply::chunked(200, "text/event-stream").chunk(content("x") + finish("stop")).reset());

  ASSERT_NE(outcome.turn(), nullptr);
  EXPECT_EQ(outcome.turn()->text, "x");
}

TEST_F(WireProviderTest, AFinalEventWithoutItsBlankLineCounts) {
  const TurnOutcome outcome = answer(
      Reply::sse({content("x"), R"(data: {"choices":[{"delta":{},"finish_reason":"length"}]})"}));

  ASSERT_NE(outcome.turn(), nullptr);
  EXPECT_EQ(outcome.turn()->finish_reason, FinishReason::length);
}

TEST_F(WireProviderTest, AnErrorInsideTheStreamIsTheOutcome) {
  const Failure failed = failure(
      Reply::sse({content("x"), data(R"({"error":{"code":429,"message":"slow"}})"), content("y")}));

  EXPECT_EQ(failed.failure_class, FailureClass::rate);
  EXPECT_EQ(failed.http_status, 429);
  EXPECT_EQ(sink_.text, "x");
}

TEST_F(WireProviderTest, StallsTimeOut) {
  config_.timeouts.first_byte = 60ms;
  config_.timeouts.idle = 60ms;

  EXPECT_EQ(failure(Reply().hang()).failure_class, FailureClass::timeout);
  EXPECT_EQ(
      failure(Reply::chunked(200, "text/event-stream").chunk(content("x")).hang()).failure_class,
      FailureClass::timeout);
}

TEST_F(WireProviderTest, HeartbeatsKeepASlowModelAlive) {
  config_.timeouts.idle = 200ms;
  Reply slow = Reply::chunked(200, "text/event-stream");
  for (int i = 0; i < 10; ++i) slow.pause(40ms).chunk(": keep-alive\n\n");

  const TurnOutcome outcome =
      answer(slow.chunk(content("x") + finish("stop") + kDone).last_chunk());

  ASSERT_NE(outcome.turn(), nullptr);
  EXPECT_EQ(outcome.turn()->text, "x");
}

TEST_F(WireProviderTest, NobodyThereIsAConnectFailure) {
  std::uint16_t port = 0;
  {
    const ScriptedUpstream gone;
    port = gone.port();
  }
  config_.base_url = "http://127.0.0.1:" + std::to_string(port);

  const TurnOutcome outcome = test::run(context_, make()->stream(ask(), sink_));

  ASSERT_NE(outcome.failure(), nullptr);
  EXPECT_EQ(outcome.failure()->failure_class, FailureClass::connect);
}

TEST_F(WireProviderTest, CancellationClosesTheUpstreamConnection) {
  upstream_.enqueue(Reply::chunked(200, "text/event-stream").chunk(content("x")).hang());
  auto wait = [](Provider& chat, DeltaSink& sink) -> boost::asio::awaitable<void> {
    auto outcome = co_await chat.stream(ask(), sink);
    (void)outcome;
  };
  test::Cancellable call(context_, wait(provider(), sink_));
  call.run_until([&] { return sink_.text == "x"; });

  const auto start = std::chrono::steady_clock::now();
  call.cancel();
  const auto error = call.wait();
  const bool closed = upstream_.wait_for_disconnects(1, 2s);

  EXPECT_TRUE(closed);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 100ms);
  ASSERT_TRUE(error);
  EXPECT_THROW(std::rethrow_exception(error), boost::system::system_error);
}

}  // namespace
}  // namespace taskgate::providers

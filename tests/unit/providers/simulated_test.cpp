#include "providers/simulated.hpp"

#include "providers/simulated_model.hpp"
#include "support/coro.hpp"
#include "support/recording_sink.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::providers {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class SimulatedTest : public testing::Test {
 protected:
  static ModelRequest ask(std::string model, std::string text = "one two  three") {
    ModelRequest request;
    request.model = std::move(model);
    request.task_id = "task_1";
    Message message;
    message.role = "user";
    ContentPart part;
    part.text = std::move(text);
    message.content.push_back(std::move(part));
    request.messages.push_back(std::move(message));
    return request;
  }
  TurnOutcome run(ModelRequest request) {
    sink_ = test::RecordingSink();
    return test::run(context_, sim_.stream(std::move(request), sink_));
  }
  ModelTurn turn(ModelRequest request) {
    TurnOutcome outcome = run(std::move(request));
    EXPECT_NE(outcome.turn(), nullptr);
    return outcome.turn() != nullptr ? *outcome.turn() : ModelTurn();
  }
  Failure failure(ModelRequest request) {
    TurnOutcome outcome = run(std::move(request));
    EXPECT_NE(outcome.failure(), nullptr);
    return outcome.failure() != nullptr ? *outcome.failure() : Failure();
  }

  boost::asio::io_context context_{1};
  Simulated sim_;
  test::RecordingSink sink_;
};

TEST_F(SimulatedTest, EchoesTheLastUserTextWordByWord) {
  const ModelTurn got = turn(ask("echo"));

  EXPECT_EQ(sink_.pieces, (std::vector<std::string>{"one", " two", "  three"}));
  EXPECT_EQ(got.text, "one two  three");
  EXPECT_EQ(got.finish_reason, FinishReason::stop);
  EXPECT_TRUE(got.saw_terminal);
  EXPECT_TRUE(got.usage.reported);
  EXPECT_EQ(got.usage.input_tokens, 3);
  EXPECT_EQ(got.usage.output_tokens, 3);
}

TEST_F(SimulatedTest, StopsAtTheTokenLimit) {
  ModelRequest request = ask("echo");
  request.max_output_tokens = 2;

  const ModelTurn got = turn(std::move(request));

  EXPECT_EQ(got.text, "one two");
  EXPECT_EQ(got.finish_reason, FinishReason::length);
}

TEST_F(SimulatedTest, LoremIsDeterministicBySeedElseByTask) {
  ModelRequest seeded = ask("lorem?tokens=50");
  seeded.seed = 7;
  ModelRequest other_task = seeded;
  other_task.task_id = "task_2";
  ModelRequest other_seed = seeded;
  other_seed.seed = 8;

  const std::string text = turn(seeded).text;

  EXPECT_EQ(count_words(text), 50);
  EXPECT_EQ(turn(other_task).text, text);
  EXPECT_NE(turn(other_seed).text, text);
  EXPECT_EQ(turn(ask("lorem")).text, turn(ask("lorem")).text);
}

TEST_F(SimulatedTest, ReportsProgressThatNeverGoesBack) {
  turn(ask("lorem?tokens=100"));

  EXPECT_GE(sink_.progress.size(), 5U);
  EXPECT_LE(sink_.progress.size(), 10U);
  EXPECT_TRUE(std::is_sorted(sink_.progress.begin(), sink_.progress.end()));
  EXPECT_LE(sink_.progress.back(), 1.0);
}

TEST_F(SimulatedTest, WaitsForAFullSink) {
  test::RecordingSink slow;
  slow.full_every = 2;

  test::run(context_, sim_.stream(ask("echo", "a b c d"), slow));

  EXPECT_EQ(slow.waits, 2);
  EXPECT_EQ(slow.text, "a b c d");
}

TEST_F(SimulatedTest, KeepsItsPace) {
  const auto start = std::chrono::steady_clock::now();
  const ModelTurn got = turn(ask("lorem?tokens=10&tps=200&ttft=30ms"));
  const auto took = std::chrono::steady_clock::now() - start;

  EXPECT_GE(took, 75ms);
  EXPECT_LT(took, 2s);
  EXPECT_GE(*got.first_token, 30ms);
}

TEST_F(SimulatedTest, ALongWaitCanBeCancelled) {
  auto wait = [](Simulated& sim, ModelRequest request,
                 DeltaSink& sink) -> boost::asio::awaitable<void> {
    auto outcome = co_await sim.stream(std::move(request), sink);
    (void)outcome;
  };
  test::Cancellable call(context_, wait(sim_, ask("slow?ttft=1m"), sink_));
  context_.run_for(5ms);

  call.cancel();

  EXPECT_TRUE(call.wait());
  EXPECT_TRUE(sink_.pieces.empty());
}

TEST_F(SimulatedTest, ErrorsAreWhatTheyAreCalled) {
  struct Case {
    const char* code;
    FailureClass expected;
    int status;
  };
  const Case cases[] = {
      {"context_length", FailureClass::caller, 400}, {"rate_limit", FailureClass::rate, 429},
      {"overloaded", FailureClass::overload, 503},   {"server_error", FailureClass::server, 500},
      {"timeout", FailureClass::timeout, 0},         {"stream_cut", FailureClass::stream_cut, 200}};
  for (const Case& c : cases) {
    const Failure failed = failure(ask(std::string("error?code=") + c.code));
    EXPECT_EQ(failed.failure_class, c.expected) << c.code;
    EXPECT_EQ(failed.http_status, c.status) << c.code;
    EXPECT_EQ(failed.retryable(), c.expected != FailureClass::caller) << c.code;
  }
  EXPECT_EQ(failure(ask("error?code=rate_limit")).retry_after, 1s);
  failure(ask("error?code=stream_cut"));
  EXPECT_EQ(sink_.text, "one two") << "half of it came";
}

TEST_F(SimulatedTest, UnusableTurnsAreTurns) {
  const ModelTurn refused = turn(ask("error?code=refusal"));
  EXPECT_EQ(refused.finish_reason, FinishReason::refusal);
  EXPECT_FALSE(refused.refusal.empty());
  EXPECT_EQ(refused.text, "");

  const ModelTurn truncated = turn(ask("error?code=truncated"));
  EXPECT_EQ(truncated.finish_reason, FinishReason::length);
  EXPECT_EQ(truncated.text, "one two");

  EXPECT_EQ(turn(ask("error?code=content_filter")).finish_reason, FinishReason::content_filter);

  ModelRequest structured = ask("error?code=truncated");
  structured.output_schema = R"({"type":"object","properties":{"a":{"type":"string"}}})";
  const std::string cut = turn(structured).text;
  EXPECT_EQ(cut.front(), '{');
  EXPECT_TRUE(json::parse(cut, nullptr, false).is_discarded());
}

TEST_F(SimulatedTest, FlakyFailsAsOftenAsAsked) {
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    ModelRequest request = ask("flaky?p=0.3&status=503");
    request.seed = i;
    const TurnOutcome outcome = run(std::move(request));
    if (outcome.failure() == nullptr) continue;
    ++failed;
    EXPECT_EQ(outcome.failure()->failure_class, FailureClass::overload);
  }
  EXPECT_GT(failed, 230);
  EXPECT_LT(failed, 370);
  EXPECT_EQ(failure(ask("flaky?p=1&status=401")).failure_class, FailureClass::caller);
  EXPECT_EQ(turn(ask("flaky?p=0")).text, "one two  three");
}

TEST_F(SimulatedTest, AttemptsDrawAnew) {
  int recovered = 0;
  for (int i = 0; i < 50; ++i) {
    ModelRequest request = ask("flaky?p=0.5");
    request.seed = i;
    ModelRequest again = request;
    again.attempt = 2;
    const bool first_failed = run(request).failure() != nullptr;
    if (first_failed && run(again).turn() != nullptr) ++recovered;
  }
  EXPECT_GT(recovered, 0);
}

TEST_F(SimulatedTest, JsonFitsSimpleSchemas) {
  ModelRequest request = ask("json");
  request.output_schema = R"({"$defs":{"line":{"type":"object","properties":{
      "sku":{"type":"string","minLength":12},"price":{"type":"number","minimum":3.5}},
      "required":["sku","price"]}},
    "type":"object","required":["lines","kind","count","note"],"properties":{
      "lines":{"type":"array","minItems":2,"items":{"$ref":"#/$defs/line"}},
      "kind":{"enum":["a","b"]},"count":{"type":"integer","exclusiveMinimum":4,"multipleOf":5},
      "when":{"type":"string","format":"date-time"},"ok":{"type":["boolean","null"]},
      "either":{"anyOf":[{"const":3},{"type":"string"}]}}})";

  const json got = json::parse(turn(std::move(request)).text);

  EXPECT_EQ(got["lines"].size(), 2U);
  EXPECT_GE(got["lines"][0]["sku"].get<std::string>().size(), 12U);
  EXPECT_GE(got["lines"][0]["price"].get<double>(), 3.5);
  EXPECT_EQ(got["kind"], "a");
  EXPECT_EQ(got["count"], 5);
  EXPECT_TRUE(got["ok"].is_boolean());
  EXPECT_EQ(got["either"], 3);
  EXPECT_TRUE(got.contains("note"));
}

TEST_F(SimulatedTest, JsonWithoutASchemaIsASample) {
  const json got = json::parse(turn(ask("json")).text);

  EXPECT_EQ(got["words"], 3);
  EXPECT_EQ(got["simulated"], true);
}

TEST_F(SimulatedTest, ASchemaThatRefersToItselfEnds) {
  ModelRequest request = ask("json");
  request.output_schema = R"({"type":"object","properties":{"child":{"$ref":"#"}}})";

  EXPECT_TRUE(json::parse(turn(std::move(request)).text).contains("child"));
}

}  // namespace
}  // namespace taskgate::providers

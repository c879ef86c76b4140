#include "engine/task_object.hpp"

#include "engine/answer/step.hpp"
#include "engine/finisher.hpp"
#include "taskgate/engine/gateway.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

Task sample_task() {
  Task task;
  task.ref.tenant = "t";
  task.client_id = "order-7";
  task.model = "sim/echo";
  task.created_at = TimePoint{std::chrono::milliseconds{1'000}};
  task.started_at = TimePoint{std::chrono::milliseconds{1'500}};
  task.attempts = 2;
  task.metadata = R"({"k":"v"})";
  task.tags = R"(["x"])";
  return task;
}

TEST(TaskObject, FinalObjectIsWhatTheContractSays) {
  FinalResult result;
  result.status = TaskStatus::partial_success;
  result.finished_at = TimePoint{std::chrono::milliseconds{4'000}};
  result.expires_at = result.finished_at + std::chrono::hours{1};
  result.text = "say \"hi\"\n\xF0\x9F\x98\x80";
  result.findings.push_back({"truncation", "cut", "warning", "raise_max_output_tokens", "model",
                             "finish reason: length"});
  result.usage.reported = true;
  result.usage.input_tokens = 3;
  result.usage.output_tokens = 4;
  result.turn_started_at = TimePoint{std::chrono::milliseconds{1'500}};
  result.upstream = std::chrono::milliseconds{2'400};
  Step step;
  step.name = "sim/echo";
  append_step(result.steps, step);

  std::string text;
  const auto offset = append_final_object(text, sample_task(), result);
  text.insert(offset, "9");
  const auto object = nlohmann::json::parse(text);

  EXPECT_EQ(object["id"], "order-7");
  EXPECT_EQ(object["status"], "partial_success");
  EXPECT_EQ(object["result"]["text"], result.text);
  EXPECT_EQ(object["result"]["output"], nullptr);
  EXPECT_EQ(object["errors"][0]["recovery"]["action"], "raise_max_output_tokens");
  EXPECT_EQ(object["errors"][0]["recovery_suggested"], true);
  EXPECT_EQ(object["usage"]["total_tokens"], 7);
  EXPECT_EQ(object["durations_ms"]["queued"], 500);
  EXPECT_EQ(object["durations_ms"]["running"], 2'500);
  EXPECT_EQ(object["durations_ms"]["gateway"], 100);
  EXPECT_EQ(object["errors"][0]["step"], 1);
  EXPECT_EQ(object["errors"][0]["repaired"], false);
  EXPECT_EQ(object["errors"][0]["path"], nullptr);
  EXPECT_EQ(object["confidence"]["score"], nullptr);
  EXPECT_EQ(object["steps"][0]["kind"], "model");
  EXPECT_EQ(object["finished_at"], "1970-01-01T00:00:04.000Z");
  EXPECT_EQ(object["metadata"]["k"], "v");
  EXPECT_EQ(object["last_seq"], 9);
  EXPECT_EQ(object["links"]["stream"], "/tasks/order-7/stream");
}

TEST(TaskObject, LiveObjectTellsPlaceAndWhenToAskAgain) {
  TaskView view;
  view.task = sample_task();
  view.task.last_seq = 3;
  view.queue_position = 4;
  view.poll_after = std::chrono::milliseconds{2'000};

  std::string text;
  append_task_object(text, view);
  const auto object = nlohmann::json::parse(text);

  EXPECT_EQ(object["status"], "queued");
  EXPECT_EQ(object["queue"]["position"], 4);
  EXPECT_EQ(object["estimated_duration_ms"], nullptr);
  EXPECT_EQ(object["poll_after_ms"], 2'000);
  EXPECT_EQ(object["last_seq"], 3);
}

TEST(Finisher, TheFinalEventComesLastAndKnowsWhereItsNumberGoes) {
  const auto result =
      stopped_result(TaskStatus::cancelled, TimePoint{std::chrono::milliseconds{5'000}});
  EventDraft delta;
  delta.type = EventType::output_delta;

  const auto finish = make_finish(sample_task(), std::nullopt, result, {delta});

  ASSERT_EQ(finish.events.size(), 2U);
  const auto& last = finish.events.back();
  EXPECT_EQ(last.type, EventType::task_cancelled);
  ASSERT_TRUE(last.seq_offset);
  auto data = last.data;
  data.insert(*last.seq_offset, "2");
  const auto object = nlohmann::json::parse("{" + data + "}");
  EXPECT_EQ(object["task"]["status"], "cancelled");
  EXPECT_EQ(object["task"]["errors"][0]["type"], "cancelled");
  EXPECT_EQ(object["task"]["last_seq"], 2);
}

}  // namespace
}  // namespace taskgate::engine

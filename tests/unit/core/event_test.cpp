#include "taskgate/core/event.hpp"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

TEST(Event, EveryTypeHasItsOwnNameAndIsFoundByIt) {
  std::size_t known = 0;
  for (int number = 1; number <= 24; ++number) {
    const auto type = static_cast<EventType>(number);
    const auto back = parse_event_type(to_string(type));
    if (number == 17 || number == 18 || number == 19) continue;  // not given out
    SCOPED_TRACE(number);
    EXPECT_EQ(back, type);
    ++known;
  }
  EXPECT_EQ(known, 21U);
  EXPECT_EQ(parse_event_type("task.done"), std::nullopt);
  EXPECT_EQ(parse_event_type(""), std::nullopt);
}

TEST(Event, OnlyTheFiveOutcomesAreFinal) {
  for (const auto type :
       {EventType::task_success, EventType::task_partial_success, EventType::task_failed,
        EventType::task_cancelled, EventType::task_expired})
    EXPECT_TRUE(is_final(type)) << to_string(type);
  for (const auto type : {EventType::task_queued, EventType::output_reset, EventType::steer_failed})
    EXPECT_FALSE(is_final(type)) << to_string(type);
}

TEST(Event, AFinalStatusIsAnnouncedByTheEventOfItsName) {
  for (const auto status : {TaskStatus::success, TaskStatus::partial_success, TaskStatus::failed,
                            TaskStatus::cancelled, TaskStatus::expired})
    EXPECT_EQ(to_string(final_event(status)), std::string("task.") + to_string(status));
}

TEST(Event, JsonHoldsTheFourCommonFieldsThenTheData) {
  Event event;
  event.seq = 42;
  event.type = EventType::output_delta;
  event.at = *parse_rfc3339("2026-03-01T09:30:00.125Z");
  event.data = R"("delta":{"type":"text_delta","text":"hi"})";

  EXPECT_EQ(event_json(event, "task_X"),
            R"({"type":"output.delta","seq":42,"task_id":"task_X","at":"2026-03-01T09:30:00.125Z",)"
            R"("delta":{"type":"text_delta","text":"hi"}})");
}

TEST(Event, JsonWithoutDataHasNoTrailingComma) {
  Event event;
  event.seq = 18446744073709551615U;
  event.type = EventType::task_queued;

  std::string out = "data: ";
  append_event_json(out, event, "t");

  EXPECT_EQ(out, R"(data: {"type":"task.queued","seq":18446744073709551615,"task_id":"t",)"
                 R"("at":"1970-01-01T00:00:00.000Z"})");
}

}  // namespace
}  // namespace taskgate

#include "taskgate/delivery/payload.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::delivery {
namespace {

using nlohmann::json;

const TimePoint kEventTime{
    std::chrono::milliseconds(1'772'357'400'125)};  // 2026-03-01T09:30:00.125Z

store::Delivery delivery_of(EventType type) {
  store::Delivery delivery;
  delivery.ref = {"acme", make_task_id(kEventTime)};
  delivery.public_task_id = to_string(delivery.ref.id);
  delivery.seq = 42;
  delivery.type = type;
  delivery.created_at = kEventTime + std::chrono::seconds(5);
  return delivery;
}

Event event_of(EventType type, std::string data) {
  return {42, type, kEventTime, std::move(data)};
}

TEST(Payload, CarriesTheWholeTaskOfAFinalEvent) {
  const auto delivery = delivery_of(EventType::task_success);
  const auto event =
      event_of(EventType::task_success, R"("task":{"id":"t","result":{"text":"hi"}})");

  const auto body = json::parse(webhook_body(delivery, &event, "https://gate.example.com"));

  const auto self = "https://gate.example.com/tasks/" + delivery.public_task_id;
  EXPECT_EQ(body.at("id"), webhook_id(delivery.ref.id, 42));
  EXPECT_EQ(body.at("type"), "task.success");
  EXPECT_EQ(body.at("timestamp"), "2026-03-01T09:30:00.125Z");
  EXPECT_EQ(body.at("data").at("id"), delivery.public_task_id);
  EXPECT_EQ(body.at("data").at("status"), "success");
  EXPECT_EQ(body.at("data").at("links").at("self"), self);
  EXPECT_EQ(body.at("data").at("links").at("stream"), self + "/stream");
  EXPECT_EQ(body.at("data").at("task").at("result").at("text"), "hi");
}

TEST(Payload, StatusFollowsTheEvent) {
  const std::pair<EventType, const char*> cases[] = {
      {EventType::task_queued, "queued"},
      {EventType::task_running, "running"},
      {EventType::task_waiting, "waiting"},
      {EventType::task_retrying, "queued"},
      {EventType::step_finished, "running"},
      {EventType::task_success, "success"},
      {EventType::task_partial_success, "partial_success"},
      {EventType::task_failed, "failed"},
      {EventType::task_cancelled, "cancelled"},
      {EventType::task_expired, "expired"}};
  for (const auto& [type, status] : cases) {
    SCOPED_TRACE(to_string(type));
    const auto event = event_of(type, "");
    const auto body = json::parse(webhook_body(delivery_of(type), &event, ""));
    EXPECT_EQ(body.at("type"), to_string(type));
    EXPECT_EQ(body.at("data").at("status"), status);
    EXPECT_FALSE(body.at("data").contains("task"));
  }
}

TEST(Payload, LeavesOutATaskAbove256KiB) {
  const auto delivery = delivery_of(EventType::task_success);
  const std::string frame = R"("task":{"text":""})";
  const auto padded = [&](std::size_t size) {
    return event_of(EventType::task_success,
                    R"("task":{"text":")" + std::string(size - frame.size(), 'a') + "\"}");
  };

  const auto fits = padded(kMaxTaskInPayload);
  const auto over = padded(kMaxTaskInPayload + 1);

  EXPECT_TRUE(json::parse(webhook_body(delivery, &fits, ""))["data"].contains("task"));
  EXPECT_FALSE(json::parse(webhook_body(delivery, &over, ""))["data"].contains("task"));
}

TEST(Payload, IsThinWhenTheContentIsGone) {
  const auto delivery = delivery_of(EventType::task_failed);

  const auto body = json::parse(webhook_body(delivery, nullptr, ""));

  EXPECT_EQ(body.at("timestamp"), "2026-03-01T09:30:05.125Z");
  EXPECT_EQ(body.at("data").at("status"), "failed");
  EXPECT_FALSE(body.at("data").contains("task"));
}

TEST(Payload, LinksEncodeAClientsOwnId) {
  auto delivery = delivery_of(EventType::task_success);
  delivery.public_task_id = "order:7/a b?#%";

  const auto body = json::parse(webhook_body(delivery, nullptr, ""));

  EXPECT_EQ(body.at("data").at("id"), "order:7/a b?#%");
  EXPECT_EQ(body.at("data").at("links").at("self"), "/tasks/order%3A7%2Fa%20b%3F%23%25");
}

TEST(Payload, IdIsTheSameForOneEventDiffersBetweenEventsAndHoldsNoDot) {
  const auto task = make_task_id(kEventTime);
  const auto other = make_task_id(kEventTime);

  EXPECT_EQ(webhook_id(task, 7), webhook_id(task, 7));
  EXPECT_NE(webhook_id(task, 7), webhook_id(task, 8));
  EXPECT_NE(webhook_id(task, 7), webhook_id(other, 7));
  EXPECT_TRUE(webhook_id(task, 7).starts_with("evt_"));
  EXPECT_EQ(webhook_id(task, 7).find('.'), std::string::npos);
}

}  // namespace
}  // namespace taskgate::delivery

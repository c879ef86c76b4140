#include "taskgate/core/ids.hpp"
#include "unit/api/api_fixture.hpp"

namespace taskgate::test {
namespace {

class Webhooks : public ApiFixture {
 protected:
  TaskId task_ = make_task_id(TimePoint(std::chrono::seconds(1'700'000'000)));

  void add(std::int64_t id, const std::string& tenant, store::DeliveryState state) {
    store::Delivery row;
    row.id = id;
    row.ref.tenant = tenant;
    row.ref.id = task_;
    row.public_task_id = "order-1";
    row.seq = 5;
    row.type = EventType::task_success;
    row.url = "https://a.example/hook";
    row.state = state;
    row.attempts = 1;
    row.created_at = TimePoint(std::chrono::seconds(1'700'000'000));
    row.next_attempt_at = TimePoint(std::chrono::seconds(1'700'000'300));
    row.last_http_status = 500;
    row.last_error = "the receiver answered 500";
    store.deliveries.push_back(row);
  }
};

TEST_F(Webhooks, ListsTheTenantsDeliveries) {
  add(1, "default", store::DeliveryState::delivered);
  add(2, "other", store::DeliveryState::pending);
  add(3, "default", store::DeliveryState::pending);
  const auto body = json_of(get("/webhook_deliveries"));

  ASSERT_EQ(body["data"].size(), 2U);
  const auto& newest = body["data"][0];
  EXPECT_EQ(newest["id"], "delivery_3");
  EXPECT_EQ(newest["object"], "webhook_delivery");
  EXPECT_EQ(newest["task_id"], "order-1");
  EXPECT_EQ(newest["event"], "task.success");
  EXPECT_EQ(newest["status"], "pending");
  EXPECT_EQ(newest["next_attempt_at"], "2023-11-14T22:18:20.000Z");
  EXPECT_EQ(newest["last_http_status"], 500);
  EXPECT_TRUE(newest["webhook_id"].get<std::string>().starts_with("evt_"));
  EXPECT_TRUE(body["data"][1]["next_attempt_at"].is_null());
  EXPECT_EQ(body["has_more"], false);
}

TEST_F(Webhooks, FiltersAndPages) {
  for (std::int64_t id = 1; id <= 5; ++id) add(id, "default", store::DeliveryState::exhausted);
  add(6, "default", store::DeliveryState::pending);
  store.client_ids[{"default", "order-1"}] = task_;
  const auto first = json_of(get("/webhook_deliveries?status=exhausted&limit=2"));
  const auto second = json_of(get("/webhook_deliveries?status=exhausted&limit=2&cursor=" +
                                  first["next_cursor"].get<std::string>()));
  const auto by_client_id = json_of(get("/webhook_deliveries?task=order-1"));
  const auto by_task_id = json_of(get("/webhook_deliveries?task=" + to_string(task_)));
  const auto unknown = json_of(get("/webhook_deliveries?task=nobody"));

  EXPECT_EQ(first["data"][0]["id"], "delivery_5");
  EXPECT_EQ(first["has_more"], true);
  EXPECT_EQ(second["data"][0]["id"], "delivery_3");
  EXPECT_EQ(by_client_id["data"].size(), 6U);
  EXPECT_EQ(by_task_id["data"].size(), 6U);
  EXPECT_EQ(unknown["data"].size(), 0U);
}

TEST_F(Webhooks, RefusesBadFilters) {
  for (const auto* query : {"status=done", "limit=0", "taks=a"})
    EXPECT_EQ(get("/webhook_deliveries?" + std::string(query)).status(), 400U) << query;
  for (const auto* cursor : {"", "x", "ZA", "ZC0x"}) {  // "d", "d-1"
    const auto response = get("/webhook_deliveries?cursor=" + std::string(cursor));
    EXPECT_EQ(response.status(), 400U) << cursor;
    EXPECT_EQ(json_of(response)["code"], "invalid_cursor") << cursor;
  }
}

TEST_F(Webhooks, OneDeliveryHasItsAttempts) {
  add(7, "default", store::DeliveryState::pending);
  store::DeliveryAttempt attempt;
  attempt.delivery_id = 7;
  attempt.at = TimePoint(std::chrono::seconds(1'700'000'001));
  attempt.duration_ms = 12;
  attempt.error = "connection \"refused\"";
  store.attempts.push_back(attempt);
  const auto body = json_of(get("/webhook_deliveries/delivery_7"));

  ASSERT_EQ(body["attempt_log"].size(), 1U);
  EXPECT_EQ(body["attempt_log"][0]["duration_ms"], 12);
  EXPECT_TRUE(body["attempt_log"][0]["http_status"].is_null());
  EXPECT_EQ(body["attempt_log"][0]["error"], "connection \"refused\"");
}

TEST_F(Webhooks, AForeignOrUnknownDeliveryIsNotFound) {
  add(2, "other", store::DeliveryState::pending);
  add(1, "default", store::DeliveryState::pending);

  for (const auto* id : {"delivery_2", "delivery_3", "delivery_0", "delivery_01", "delivery_-1",
                         "2", "delivery_", "delivery_9223372036854775807", "delivery_1x"}) {
    EXPECT_EQ(get("/webhook_deliveries/" + std::string(id)).status(), 404U) << id;
    EXPECT_EQ(post("/webhook_deliveries/" + std::string(id) + "/redeliver", "").status(), 404U)
        << id;
  }
  EXPECT_EQ(get("/webhook_deliveries/delivery_1").status(), 200U);
}

TEST_F(Webhooks, RedeliverMakesItDueNow) {
  add(1, "default", store::DeliveryState::exhausted);
  const auto response = post("/webhook_deliveries/delivery_1/redeliver", "");
  const auto body = json_of(response);

  EXPECT_EQ(response.status(), 202U);
  EXPECT_EQ(body["status"], "pending");
  EXPECT_EQ(body["next_attempt_at"], "2026-03-01T09:30:00.000Z");
}

TEST_F(Webhooks, ShowsTheSigningSecret) {
  const auto response = get("/webhook_secret");

  EXPECT_EQ(json_of(response)["secrets"][0], "whsec_default");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
}

}  // namespace
}  // namespace taskgate::test

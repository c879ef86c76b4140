// A wall clock that is set while tasks wait: what waits for a time waits for it on the new clock,
// what waits for a while waits no longer than it would have.

#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// The machine's clock, set forward or back.
class SetClock final : public Clock {
 public:
  TimePoint now() const override {
    return SystemClock().now() + std::chrono::milliseconds(shift_ms_.load());
  }
  void set_by(std::chrono::milliseconds shift) { shift_ms_ += shift.count(); }

 private:
  std::atomic<std::int64_t> shift_ms_{0};
};

class ClockTest : public ::testing::Test {
 protected:
  ClockTest() { overrides_.clock = &clock_; }

  // Polls until the task's field has that value; ends at the client's own patience.
  static void wait_for(ApiClient& client, const std::string& id, const char* name, json value) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (client.get("/tasks/" + id).json()[name] != value) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << name << " is not " << value;
      std::this_thread::yield();
    }
  }

  // A short backoff may be over, and a second attempt begun, before anybody looks.
  static void wait_first_attempt(ApiClient& client, const std::string& id) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (client.get("/tasks/" + id).json()["attempts"] == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "no attempt was begun";
      std::this_thread::yield();
    }
  }

  static std::string submit(ApiClient& client, const json& body) {
    const auto reply = client.post("/tasks", body);
    EXPECT_EQ(reply.status, 202U) << reply.body;
    return reply.json().value("id", "");
  }

  SetClock clock_;
  app::Overrides overrides_;
};

TEST_F(ClockTest, ABackoffIsNoLongerWhenTheClockIsSetBack) {
  for (const auto shift : {std::chrono::milliseconds(-1h), std::chrono::milliseconds(-24h)}) {
    TestGateway gateway(
        [](app::Config& config) {
          config.engine.retry.base = 3s;
          config.engine.retry.max = 3s;
          config.engine.max_attempts = 2;
        },
        overrides_);
    auto client = gateway.client();
    std::vector<std::string> ids;
    for (int number = 0; number < 8; ++number)  // a backoff may be short: of eight, some are not
      ids.push_back(submit(client, {{"model", "sim/flaky?p=1&status=503"}, {"input", "x"}}));
    for (const auto& id : ids) wait_first_attempt(client, id);

    clock_.set_by(shift);

    for (const auto& id : ids) EXPECT_EQ(client.wait_final(id)["status"], "failed");
  }
}

TEST_F(ClockTest, ABackoffIsOverAfterARestartOnAClockThatWasSetBack) {
  TestGateway gateway(
      [](app::Config& config) {
        config.engine.retry.base = 60s;
        config.engine.retry.max = 60s;
        config.engine.max_attempts = 2;
      },
      overrides_);
  auto client = gateway.client();
  std::vector<std::string> ids;
  for (int number = 0; number < 4; ++number)
    ids.push_back(submit(client, {{"model", "sim/flaky?p=1&status=503"}, {"input", "x"}}));
  for (const auto& id : ids) {
    wait_for(client, id, "attempts", 1);
    wait_for(client, id, "status", "queued");
  }
  clock_.set_by(-24h);

  gateway.restart();

  auto again = gateway.client();
  for (const auto& id : ids) EXPECT_EQ(again.wait_final(id)["status"], "failed");
}

TEST_F(ClockTest, ADeadlineThatTheClockJumpsOverEndsWhatRuns) {
  TestGateway gateway({}, overrides_);
  auto client = gateway.client();
  const auto id = submit(client, {{"model", "sim/slow?ttft=30m"},
                                  {"input", "x"},
                                  {"deadline", to_rfc3339(clock_.now() + 30min)}});
  wait_for(client, id, "status", "running");

  clock_.set_by(1h);

  EXPECT_EQ(client.wait_final(id)["status"], "expired");
}

TEST_F(ClockTest, NotBeforeFollowsTheClock) {
  TestGateway gateway({}, overrides_);
  auto client = gateway.client();
  const auto id = submit(
      client,
      {{"model", "sim/echo"}, {"input", "x"}, {"not_before", to_rfc3339(clock_.now() + 30min)}});
  EXPECT_EQ(client.get("/tasks/" + id).json()["status"], "queued");

  clock_.set_by(1h);

  const auto task = client.wait_final(id);
  EXPECT_EQ(task["status"], "success");
  for (const auto& [name, duration] : task["durations_ms"].items()) {
    EXPECT_FALSE(duration.is_number() && duration.get<double>() < 0) << name;
  }
}

TEST_F(ClockTest, ListsByTimeFindWhatCameAfterTheClockWasSetBack) {
  TestGateway gateway({}, overrides_);
  auto client = gateway.client();
  client.wait_final(submit(client, {{"model", "sim/echo"}, {"input", "x"}}));
  clock_.set_by(-24h);
  const auto before = to_rfc3339(clock_.now() - 1s);
  const auto id = submit(client, {{"model", "sim/echo"}, {"input", "x"}});
  const auto after = to_rfc3339(clock_.now() + 1s);

  const auto page =
      client.get("/tasks?created_after=" + before + "&created_before=" + after).json();

  ASSERT_EQ(page["data"].size(), 1U) << page;
  EXPECT_EQ(page["data"][0]["id"], id);
}

}  // namespace
}  // namespace taskgate::test

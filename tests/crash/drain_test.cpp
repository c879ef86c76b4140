// SIGTERM under load, a second one, and a second instance on the same database: the real program,
// from outside.

#include "crash/follower.hpp"
#include "crash/invariants.hpp"
#include "crash/server_address.hpp"
#include "support/fragile_client.hpp"
#include "support/program.hpp"
#include "taskgate/core/clock.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::crash {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kStartPatience = 60s;
constexpr auto kExitPatience = 60s;

class DrainTest : public ::testing::Test {
 protected:
  test::ProgramOptions settings(const std::string& grace_ms) const {
    auto options = test::dev_program(TASKGATE_PROGRAM, scratch_.path() / "drain.db");
    options.environment["TASKGATE_SHUTDOWN_GRACE_MS"] = grace_ms;
    return options;
  }

  // The running program and its port; 0 when it did not come up.
  std::uint16_t start(const std::string& grace_ms) {
    program_ = std::make_unique<test::Program>(settings(grace_ms));
    const auto port = program_->wait_listening(kStartPatience);
    EXPECT_TRUE(port) << program_->log_tail();
    return port.value_or(std::uint16_t{0});
  }

  void expect_clean_exit() {
    const auto status = program_->wait_exit(kExitPatience);
    ASSERT_TRUE(status) << "still there\n" << program_->log_tail();
    EXPECT_EQ(to_string(*status), "exit code 0") << program_->log_tail();
  }

  test::ScratchFolder scratch_;
  std::unique_ptr<test::Program> program_;
};

std::string submit(test::FragileClient& api, const std::string& model) {
  test::ApiRequest request;
  request.method = "POST";
  request.target = "/tasks";
  request.body = json{{"model", model}, {"input", "some words to say again"}}.dump();
  const auto answer = api.exchange(request);
  if (!answer || answer->status != 202) return std::string();
  return json::parse(answer->body).value("id", "");
}

std::string status_of(test::FragileClient& api,
                      const std::string& id,
                      const std::string& query = "") {
  const auto answer = api.get("/tasks/" + id + query);
  if (!answer || answer->status != 200) return "nothing";
  return json::parse(answer->body).value("status", "");
}

bool is_live(const std::string& status) {
  return status == "queued" || status == "running" || status == "waiting";
}

// A drain waits for what runs; what still waits for its turn goes back to the queue.
::testing::AssertionResult runs(test::FragileClient& api, const std::string& id) {
  std::string status = "queued";
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (status == "queued" && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
    status = status_of(api, id);
  }
  if (status == "running") return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << id << " is " << status;
}

std::string wait_final(test::FragileClient& api, const std::string& id) {
  std::string status = "queued";
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (is_live(status) && std::chrono::steady_clock::now() < until)
    status = status_of(api, id, "?wait=5");
  return status;
}

// Submits until the server takes no more; what it accepted must survive.
class Submitters {
 public:
  Submitters(ServerAddress& address, int count) {
    for (int number = 0; number < count; ++number)
      threads_.emplace_back([this, &address] { run(address); });
  }
  ~Submitters() { join(); }
  Submitters(const Submitters&) = delete;
  Submitters& operator=(const Submitters&) = delete;

  void join() {
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  /// False when fewer were accepted in time.
  bool wait_accepted(std::size_t wanted, std::chrono::seconds patience) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return ids_.size() >= wanted; });
  }
  std::vector<std::string> ids() const {
    std::lock_guard lock(mutex_);
    return ids_;
  }
  std::set<unsigned> refusals() const {
    std::lock_guard lock(mutex_);
    return refusals_;
  }

 private:
  void run(ServerAddress& address) {
    const auto life = address.next_life(0);
    if (!life) return;
    test::FragileClient api(life->port);
    test::ApiRequest request;
    request.method = "POST";
    request.target = "/tasks";
    for (int made = 0; address.pause(*life, 1ms); ++made) {
      const char* model = made % 3 == 0 ? "sim/lorem?tokens=60&tps=40" : "sim/echo";
      request.body = json{{"model", model}, {"input", "some words to say again"}}.dump();
      const auto answer = api.exchange(request);
      if (!answer) return;  // nobody listens any more
      std::lock_guard lock(mutex_);
      if (answer->status == 202) {
        ids_.push_back(json::parse(answer->body).value("id", ""));
        changed_.notify_all();
      } else {
        refusals_.insert(answer->status);
      }
    }
  }

  mutable std::mutex mutex_;  // guards ids_ and refusals_
  mutable std::condition_variable changed_;
  std::vector<std::string> ids_;
  std::set<unsigned> refusals_;
  std::vector<std::thread> threads_;
};

TEST_F(DrainTest, SigtermUnderLoadLosesNothingAndStreamsResume) {
  ServerAddress address;
  const auto port = start("700");
  test::FragileClient api(port);
  std::vector<std::unique_ptr<Follower>> followers;
  for (int number = 0; number < 4; ++number) {
    const auto id = submit(api, "sim/lorem?tokens=150&tps=50");  // three seconds: past the grace
    ASSERT_FALSE(id.empty());
    followers.push_back(std::make_unique<Follower>(address, id));
  }
  address.up(port);
  Submitters submitters(address, 3);
  ASSERT_TRUE(submitters.wait_accepted(100, 30s));

  program_->send_signal(SIGTERM);
  expect_clean_exit();
  address.down();
  submitters.join();
  const auto second_port = start("700");
  address.up(second_port);
  for (auto& follower : followers) follower->join();
  address.stop();

  for (const auto refusal : submitters.refusals()) EXPECT_EQ(refusal, 503U);
  test::FragileClient second(second_port);
  for (const auto& id : submitters.ids()) EXPECT_EQ(wait_final(second, id), "success") << id;
  for (const auto& follower : followers) {
    FinalTask followed;
    followed.events = follower->events();
    followed.object = second.get("/tasks/" + follower->id()).value_or(test::RawResponse()).body;
    for (const auto& violation : check_log(follower->id(), followed)) ADD_FAILURE() << violation;
    EXPECT_EQ(wait_final(second, follower->id()), "success");
    EXPECT_GE(follower->connections(), 2) << "its stream was not cut by the restart";
  }
}

TEST_F(DrainTest, WithinTheGraceATaskEndsBeforeTheProgramDoes) {
  const auto port = start("30000");
  test::FragileClient api(port);
  const auto id = submit(api, "sim/slow?ttft=1s");
  ASSERT_TRUE(runs(api, id));

  program_->send_signal(SIGTERM);
  expect_clean_exit();

  test::FragileClient second(start("30000"));
  const auto answer = second.get("/tasks/" + id);
  ASSERT_TRUE(answer);
  const auto task = json::parse(answer->body);
  EXPECT_EQ(task.value("status", ""), "success");
  EXPECT_EQ(task.value("attempts", 0), 1) << "it was begun anew after the restart";
}

// A task that is not to start for an hour has nothing to tell before the program ends.
TEST_F(DrainTest, WhoWaitsForAQueuedTaskKeepsNobodyFromGoing) {
  const auto port = start("600000");
  test::FragileClient api(port);
  const auto in_an_hour = std::chrono::system_clock::now() + 1h;
  test::ApiRequest request;
  request.method = "POST";
  request.target = "/tasks";
  request.body =
      json{{"model", "sim/echo"},
           {"input", "later"},
           {"not_before", to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(in_an_hour))}}
          .dump();
  const auto accepted = api.exchange(request);
  ASSERT_TRUE(accepted);
  ASSERT_EQ(accepted->status, 202U) << accepted->body;
  const auto id = json::parse(accepted->body).value("id", "");
  std::thread poll([port, id] {
    test::FragileClient waiting(port);
    const auto status = status_of(waiting, id, "?wait=60");
    EXPECT_TRUE(status == "queued" || status == "nothing") << status;
  });
  ServerAddress address;
  address.up(port);
  Follower follower(address, id);
  while (follower.seen() == 0 && follower.connections() < 100) std::this_thread::yield();

  program_->send_signal(SIGTERM);
  expect_clean_exit();

  address.stop();
  follower.join();
  poll.join();
}

TEST_F(DrainTest, ASecondSigtermEndsItAtOnce) {
  const auto port = start("60000");
  test::FragileClient api(port);
  const auto id = submit(api, "sim/slow?ttft=30m");
  ASSERT_TRUE(runs(api, id));
  program_->send_signal(SIGTERM);
  ASSERT_FALSE(program_->wait_exit(500ms)) << "it did not wait for the running task";

  const auto asked = std::chrono::steady_clock::now();
  program_->send_signal(SIGTERM);
  const auto status = program_->wait_exit(kExitPatience);

  ASSERT_TRUE(status);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s) << to_string(*status);
  test::FragileClient second(start("60000"));
  EXPECT_TRUE(is_live(status_of(second, id)));
}

TEST_F(DrainTest, ASecondInstanceOnTheSameDatabaseIsRefused) {
  const auto port = start("1000");
  auto options = settings("1000");
  options.log = scratch_.path() / "second.log";

  test::Program second(options);
  const auto second_port = second.wait_listening(kStartPatience);
  const auto status = second.wait_exit(kExitPatience);

  EXPECT_FALSE(second_port) << "it serves";
  ASSERT_TRUE(status) << "it still runs";
  EXPECT_NE(status->code, 0) << to_string(*status);
  EXPECT_NE(status->code, -1) << to_string(*status);
  const auto message = second.log_tail();
  EXPECT_NE(message.find("another process"), std::string::npos) << message;
  EXPECT_NE(message.find("drain.db"), std::string::npos) << message;
  test::FragileClient api(port);
  const auto id = submit(api, "sim/echo");
  EXPECT_EQ(wait_final(api, id), "success") << "the first instance suffered";
}

TEST_F(DrainTest, WhatItWritesIsForItsOwnUserAlone) {
  const auto port = start("1000");
  test::FragileClient api(port);
  ASSERT_EQ(wait_final(api, submit(api, "sim/echo")), "success");

  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
    if (!entry.path().filename().string().starts_with("drain.db")) continue;
    const auto others = entry.status().permissions() &
                        (std::filesystem::perms::group_all | std::filesystem::perms::others_all);
    EXPECT_EQ(others, std::filesystem::perms::none) << entry.path().filename();
    ++files;
  }
  EXPECT_GE(files, 3) << "the database, its log and its lock";
}

}  // namespace
}  // namespace taskgate::crash

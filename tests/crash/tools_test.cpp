// Tools and the death or the sleep of their worker, with the tool server's own log as the oracle.

#include "crash/tool_server.hpp"
#include "support/api_client.hpp"
#include "support/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <random>
#include <set>

namespace taskgate::crash {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class Tools : public ::testing::Test {
 protected:
  void configure(const std::string& policy) {
    Json tool{
        {"parameters", {{"type", "object"}, {"properties", {{"amount", {{"type", "number"}}}}}}},
        {"on_unknown", policy},
        {"http", {{"url", server_.url() + "/call"}, {"allow_private", true}}}};
    if (policy == "reconcile") tool["http"]["reconcile_url"] = server_.url() + "/by-key/{key}";
    Json look = tool;
    look["effect"] = "read";
    look["http"] = {{"url", server_.url() + "/call"}, {"method", "GET"}, {"allow_private", true}};
    look.erase("on_unknown");
    const Json config{{"auth", {{"mode", "open"}}}, {"tools", {{"call", tool}, {"look", look}}}};
    std::ofstream(scratch_.path() / "config.json") << config.dump();
  }
  // `variable`: CRASH_AT or STOP_AT, `place`: where.
  void spawn(const std::string& variable, const std::string& place) {
    test::ProgramOptions options;
    options.program = TASKGATE_CRASHABLE_PROGRAM;
    options.arguments = {
        "serve",       "--config", (scratch_.path() / "config.json").string(), "--listen",
        "127.0.0.1:0", "--db",     (scratch_.path() / "tools.db").string()};
    options.log = scratch_.path() / "log";
    if (!variable.empty()) options.environment[variable] = place;
    program_.reset();
    program_ = std::make_unique<test::Program>(options);
  }
  void start(const std::string& variable = {}, const std::string& place = {}) {
    spawn(variable, place);
    const auto port = program_->wait_listening(60s);
    ASSERT_TRUE(port) << program_->log_tail();
    port_ = *port;
  }
  void submit(const Json& turns) {
    test::ApiClient client(port_);
    Json task{{"model", "sim/tools"},
              {"input", Json{{"turns", turns}}.dump()},
              {"tools", {"call", "look"}},
              {"max_steps", 40}};
    const auto reply =
        client.call("PUT", "/tasks/trial", task.dump(), {{"Content-Type", "application/json"}});
    ASSERT_EQ(reply.status, 202U) << reply.body;
  }
  Json finished() { return test::ApiClient(port_).wait_final("trial", 120s); }
  static Json call(const char* tool, int amount) {
    return {{"name", tool}, {"arguments", {{"amount", amount}}}};
  }

  test::ScratchFolder scratch_;
  ToolServer server_;
  std::unique_ptr<test::Program> program_;
  std::uint16_t port_ = 0;
};

// Stopped between the commit of the dispatch and the send, for longer than its lease.
TEST_F(Tools, PausedWorkerSendsNothingWhenItWakes) {
  configure("ask");
  start("STOP_AT", "agent.after_dispatch:1");
  submit({{{"calls", {call("call", 1)}}}, {{"text", "done"}}});
  int status = 0;
  ASSERT_EQ(::waitpid(program_->pid(), &status, WUNTRACED), program_->pid());
  ASSERT_TRUE(WIFSTOPPED(status));
  ASSERT_FALSE(program_->wait_exit(16s));  // it sleeps on, while its lease of 15 s runs out
  ASSERT_TRUE(server_.executions().empty());

  program_->send_signal(SIGCONT);

  const auto task = finished();
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  const auto executions = server_.executions();
  ASSERT_EQ(executions.size(), 1U);
  EXPECT_EQ(executions.begin()->second, 1);
  EXPECT_EQ(task["tool_calls"][0]["executions"], 1);
  const auto events = test::ApiClient(port_).get("/tasks/trial/events").json();
  int lost = 0;
  int started = 0;
  for (const auto& event : events["data"]) {
    lost += event["type"] == "task.retrying" && event["reason"] == "lease_lost";
    started += event["type"] == "tool.started";
  }
  EXPECT_EQ(lost, 1);
  EXPECT_EQ(started, 2);  // dispatched, given back, dispatched under another lease
}

// A crash between the tool's word that the call was not executed and its next sending.
TEST_F(Tools, CallFoundNotExecutedIsSentByTheAttemptAfterTheNext) {
  configure("reconcile");
  start("CRASH_AT", "agent.after_dispatch:1");
  submit({{{"calls", {call("call", 1)}}}, {{"text", "done"}}});
  ASSERT_TRUE(program_->wait_exit(60s));
  spawn("CRASH_AT", "agent.before_dispatch:1");  // perhaps before it listens
  ASSERT_TRUE(program_->wait_exit(60s));
  ASSERT_TRUE(server_.executions().empty());

  start();

  const auto task = finished();
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(task["tool_calls"][0]["status"], "succeeded");
  const auto executions = server_.executions();
  ASSERT_EQ(executions.size(), 1U);
  EXPECT_EQ(executions.begin()->second, 1);
}

TEST_F(Tools, LongRunIsKilledAgainAndAgainAndCallsEachToolOnce) {
  configure("reconcile");
  Json turns = Json::array();
  for (int i = 1; i <= 20; ++i) turns.push_back({{"calls", {call("call", i), call("look", i)}}});
  turns.push_back({{"text", "all done"}});
  start();
  submit(turns);
  std::mt19937 random(20);

  for (int kill = 0; kill < 8; ++kill) {
    EXPECT_FALSE(program_->wait_exit(std::chrono::milliseconds(random() % 120)));
    program_->kill();
    start();
  }

  const auto task = finished();
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(task["result"]["text"], "all done");
  EXPECT_EQ(task["tool_calls"].size(), 40U);
  std::set<std::string> keys;
  for (const auto& made : task["tool_calls"]) keys.insert(made["key"]);
  EXPECT_EQ(keys.size(), 40U);
  const auto executions = server_.executions();
  EXPECT_EQ(executions.size(), 20U);
  for (const auto& [key, count] : executions) EXPECT_EQ(count, 1) << key;
}

}  // namespace
}  // namespace taskgate::crash

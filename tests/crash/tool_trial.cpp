#include "crash/tool_trial.hpp"

#include <signal.h>

#include <chrono>
#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>

namespace taskgate::crash {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStartPatience{60'000};
constexpr std::chrono::milliseconds kCrashPatience{10'000};
constexpr std::chrono::seconds kSettlePatience{60};
constexpr int kExitAtCrashPoint = 137;

Json tool_settings(const ToolVariant& variant) {
  Json settings{{"effect", variant.effect}, {"max_attempts", 3}};
  if (variant.policy == "approval") {
    settings["approval"] = "required";
  } else if (variant.effect == "write") {
    settings["on_unknown"] = variant.policy;
  }
  return settings;
}

}  // namespace

const std::vector<CrashMoment>& crash_moments() {
  static const std::vector<CrashMoment> moments{
      {"agent.before_turn_commit", std::nullopt, false},
      {"agent.after_turn_commit", std::nullopt, false},
      {"agent.before_dispatch", std::nullopt, false},
      {"agent.in_dispatch_commit", std::nullopt, false},
      {"agent.after_dispatch", std::nullopt, true},
      {"mid_send", ToolMoment::head_read, true},
      {"after_execution", ToolMoment::executed, true},
      {"agent.after_send", std::nullopt, true},
      {"agent.before_outcome", std::nullopt, true},
      {"agent.in_outcome_commit", std::nullopt, true},
      {"agent.after_outcome", std::nullopt, false},
      {"agent.before_wait", std::nullopt, false},
      {"agent.after_wait", std::nullopt, false},
      {"agent.answered", std::nullopt, false},
  };
  return moments;
}

const std::vector<ToolVariant>& tool_variants() {
  static const std::vector<ToolVariant> variants{
      {"http read", "http", "read", "ask"},
      {"http write ask", "http", "write", "ask"},
      {"http write reconcile", "http", "write", "reconcile"},
      {"http write retry_same_key", "http", "write", "retry_same_key"},
      {"http write approval", "http", "write", "approval"},
      {"mcp read", "mcp", "read", "ask"},
      {"mcp write ask", "mcp", "write", "ask"},
      {"demo write ask", "demo", "write", "ask"},
  };
  return variants;
}

ToolTrial::ToolTrial(const ProofOptions& options,
                     const CrashMoment& moment,
                     const ToolVariant& variant,
                     std::uint64_t seed)
    : moment_(moment), variant_(variant), seed_(seed) {
  if (options.keep) scratch_.keep();
  server_.recognise_keys(variant.policy == "retry_same_key");
  write_config();
}

std::string ToolTrial::tool_name() const {
  if (variant_.kind == "demo") return "demo.send_email";
  return variant_.kind == "mcp" ? "srv." + variant_.effect : "call";
}

void ToolTrial::write_config() {
  Json config{{"auth", {{"mode", "open"}}},
              {"engine", {{"demo_tools", true}, {"retry", {{"base_ms", 20}, {"max_ms", 200}}}}}};
  auto settings = tool_settings(variant_);
  if (variant_.kind == "http") {
    settings["parameters"] = {{"type", "object"},
                              {"properties", {{"amount", {{"type", "number"}}}}}};
    settings["http"] = {{"url", server_.url() + "/call"},
                        {"method", is_write() ? "POST" : "GET"},
                        {"allow_private", true}};
    if (variant_.policy == "reconcile")
      settings["http"]["reconcile_url"] = server_.url() + "/by-key/{key}";
    config["tools"]["call"] = settings;
  }
  if (variant_.kind == "mcp") {
    config["mcp_servers"]["srv"] = {{"url", server_.url() + "/mcp"},
                                    {"allow_private", true},
                                    {"tools", {{variant_.effect, settings}}}};
  }
  std::ofstream(scratch_.path() / "config.json") << config.dump();
}

void ToolTrial::start(bool may_crash) {
  test::ProgramOptions options;
  options.program = TASKGATE_CRASHABLE_PROGRAM;
  options.arguments = {
      "serve",       "--config", (scratch_.path() / "config.json").string(), "--listen",
      "127.0.0.1:0", "--db",     (scratch_.path() / "crash.db").string()};
  options.log = scratch_.path() / "log";
  if (may_crash && !moment_.server) {
    // The first or the second call of the turn. A life waits once: all are asked for together.
    const bool comes_once = moment_.name.ends_with("_wait");
    const auto hit = comes_once ? 1 : 1 + seed_ % 2;
    options.environment["CRASH_AT"] = moment_.name + ":" + std::to_string(hit);
  }
  program_.reset();
  program_ = std::make_unique<test::Program>(options);
  const auto port = program_->wait_listening(kStartPatience);
  if (!port) throw std::runtime_error("the program did not come up:\n" + program_->log_tail());
  port_ = *port;
}

// Two intents, the first of them twice, and both again in a later turn, in other words each time.
ToolTrial::Json ToolTrial::task_body() const {
  const auto call = [this](int amount) {
    if (variant_.kind == "demo")
      return Json{{"name", tool_name()},
                  {"arguments", {{"to", "a@example.com"}, {"subject", std::to_string(amount)}}}};
    return Json{{"name", tool_name()}, {"arguments", {{"amount", amount}}}};
  };
  const Json first{{"calls", {call(1), call(2), call(1)}}};
  const Json second{{"calls", {call(2), call(1)}}};
  const Json third{{"text", "done"}};
  const Json script{{"turns", {first, second, third}},
                    {"vary", {"reformat", "rename_ids", "reorder"}},
                    {"seed", seed_}};
  return {{"model", "sim/tools"}, {"input", script.dump()}, {"tools", {tool_name()}}};
}

ToolVerdict ToolTrial::run() {
  start(true);
  const auto pid = program_->pid();
  if (moment_.server && variant_.kind != "demo")
    server_.at(*moment_.server, [pid] { ::kill(pid, SIGKILL); });
  bool is_over = false;  // the moment never came
  try {
    test::ApiClient client(port_);
    const auto accepted = client.call("PUT", "/tasks/trial", task_body().dump(),
                                      {{"Content-Type", "application/json"}});
    if (accepted.status != 202) contradict("not accepted: " + accepted.body);
    is_over = !follow(client, kCrashPatience).empty();
  } catch (const std::exception&) {
    // It ended before it could answer: the next life says whether the task is there.
  }
  const auto exit = program_->wait_exit(is_over ? std::chrono::milliseconds(100) : kCrashPatience);
  verdict_.crashed = exit && (exit->code == kExitAtCrashPoint || exit->signal == SIGKILL);
  if (exit && !verdict_.crashed) contradict("it ended by itself: " + to_string(*exit));
  program_->kill();
  server_.forget_actions();
  for (const auto& [key, count] : server_.executions()) first_life_keys_.insert(key);
  start(false);
  judge(settle());
  program_->kill();
  return std::move(verdict_);
}

// Polls the task to its end, and answers what it asks by the oracle's word.
ToolTrial::Json ToolTrial::settle() {
  test::ApiClient client(port_);
  auto task = follow(client, kSettlePatience);
  if (task.empty()) contradict("the task does not end");
  return task;
}

ToolTrial::Json ToolTrial::follow(test::ApiClient& client, std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  while (Clock::now() < until) {
    auto reply = client.get("/tasks/trial?wait=1");
    if (reply.status == 404) {  // it died before it had promised anything
      (void)client.call("PUT", "/tasks/trial", task_body().dump(),
                        {{"Content-Type", "application/json"}});
      continue;
    }
    auto task = reply.json();
    if (task["finished_at"].is_string()) return task;
    if (task["status"] == "waiting") resolve(client, task);
  }
  return Json::object();
}

void ToolTrial::resolve(test::ApiClient& client, const Json& waiting) {
  for (const auto& call : waiting["required_input"]["calls"]) {
    const std::string key = call["key"];
    Json answer{{"approve", {{"key", key}}}};
    if (call["kind"] == "outcome") {
      asked_.insert(key);
      answer = {{"resolve", {{"key", key}, {"executed", server_.has_executed(key)}}}};
    }
    (void)client.call("POST", "/tasks/trial/input", answer.dump(),
                      {{"Content-Type", "application/json"}});
  }
}

void ToolTrial::judge(const Json& task) {
  if (!task.contains("status")) return;
  if (task["status"] != "success") contradict("the task ended as " + task.dump());
  std::set<std::string> keys;
  bool settled = !asked_.empty();
  for (const auto& call : task["tool_calls"]) {
    if (!call["key"].is_string()) {
      contradict("a call without a key: " + call.dump());
      continue;
    }
    keys.insert(call["key"]);
    settled = settled || call.contains("resolved_by") || call["executions"].get<int>() > 1;
  }
  verdict_.surfaced = settled && is_write();
  if (!is_write()) return;
  if (keys.size() != 2) contradict("two intents have " + std::to_string(keys.size()) + " keys");
  if (variant_.kind == "demo") {
    // Its own log died with the process; what is left to ask is whether it was called again
    // unasked.
    if (verdict_.crashed && moment_.in_window && asked_.empty())
      contradict("a crash in the window did not show as unknown");
    return;
  }
  const auto executions = server_.executions();
  for (const auto& [key, count] : executions) {
    if (count > 1) contradict("key " + key + " was executed " + std::to_string(count) + " times");
    if (!keys.contains(key)) contradict("key " + key + " is not among the task's calls");
  }
  if (verdict_.crashed && moment_.in_window && !settled)
    contradict("a crash in the window did not show as unknown");
  if (!moment_.in_window && !asked_.empty())
    contradict("a crash outside the window was asked about");
  if (executions.size() + asked_.size() < 2) contradict("an intent was never executed");
}

}  // namespace taskgate::crash

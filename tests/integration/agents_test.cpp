// Tasks with tools, through the real server: a scripted agent (sim/tools), tools over HTTP whose
// own log says what was executed, answers of people, and restarts.

#include "support/scripted_upstream.hpp"
#include "support/test_gateway.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>

namespace taskgate::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr const char* kInvoiceArguments = R"({"type":"object","required":["amount"],
  "properties":{"amount":{"type":"number"},"currency":{"type":"string","default":"EUR"}},
  "additionalProperties":false})";

/// A downstream that remembers every execution by its key.
class Ledger {
 public:
  Ledger() {
    server_.otherwise([this](const SeenRequest& request) { return answer(request); });
  }
  std::string url(const std::string& path) const { return server_.url() + path; }
  /// The next calls are executed and answered so.
  void answer_next(Reply reply) {
    const std::lock_guard lock(mutex_);
    scripted_.push_back(std::move(reply));
  }
  /// A key that it has seen is not executed again.
  void remember_keys() {
    const std::lock_guard lock(mutex_);
    idempotent_ = true;
  }
  std::map<std::string, int> executions() const {
    const std::lock_guard lock(mutex_);
    return executions_;
  }
  int total() const {
    int sum = 0;
    for (const auto& [key, count] : executions()) sum += count;
    return sum;
  }
  ScriptedUpstream& server() { return server_; }

 private:
  Reply answer(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    if (request.target.starts_with("/by-key/")) {
      const auto key = request.target.substr(8);
      if (!executions_.contains(key)) return Reply::json(404, R"({"error":"unknown"})");
      return Reply::json(200, R"({"found":true})");
    }
    if (request.method == "GET") return Reply::json(200, R"({"read":true})");
    auto key = request.header("idempotency-key");
    std::erase(key, '"');
    if (idempotent_ && executions_.contains(key)) return Reply::json(200, R"({"again":true})");
    ++executions_[key];
    if (scripted_.empty()) return Reply::json(200, R"({"invoice":"paid"})");
    auto reply = std::move(scripted_.front());
    scripted_.erase(scripted_.begin());
    return reply;
  }

  mutable std::mutex mutex_;
  bool idempotent_ = false;
  std::map<std::string, int> executions_;
  std::vector<Reply> scripted_;
  ScriptedUpstream server_;  // last: its thread uses everything above
};

class Agents : public ::testing::Test {
 protected:
  using Change = std::function<void(app::ToolConfig&)>;

  void start(Change change = {}) {
    gateway_.emplace([this, &change](app::Config& config) {
      config.engine.demo_tools = true;
      app::ToolConfig invoice;
      invoice.parameters.text = kInvoiceArguments;
      invoice.http.url = ledger_.url("/invoices");
      invoice.http.allow_private = true;
      if (change) change(invoice);
      config.tools["send_invoice"] = invoice;
      app::ToolConfig look;
      look.parameters.text = kInvoiceArguments;
      look.definition.effect = tools::Effect::read;
      look.http.method = app::ToolMethod::get;
      look.http.url = ledger_.url("/look");
      look.http.allow_private = true;
      config.tools["look"] = look;
    });
  }

  static Json call(const std::string& tool, const Json& arguments) {
    return {{"name", tool}, {"arguments", arguments}};
  }
  static Json invoice(const Json& amount) { return call("send_invoice", {{"amount", amount}}); }
  static Json script(const Json& turns) {
    return {{"model", "sim/tools"},
            {"input", Json{{"turns", turns}}.dump()},
            {"tools", {"send_invoice", "look", "demo.clock"}}};
  }
  std::string submit(const Json& task) {
    const auto reply = client().post("/tasks", task);
    EXPECT_EQ(reply.status, 202U) << reply.body;
    return reply.json().value("id", "");
  }
  Json run(const Json& task) { return client().wait_final(submit(task)); }
  ApiClient& client() {
    if (!client_) client_.emplace(gateway_->client());
    return *client_;
  }
  void restart() {
    client_.reset();
    gateway_->restart();
  }
  Json wait_waiting(const std::string& id) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < until) {
      auto task = client().get("/tasks/" + id).json();
      if (task["status"] == "waiting") return task;
      if (task["finished_at"].is_string()) throw std::runtime_error("it ended: " + task.dump());
    }
    throw std::runtime_error("it does not wait");
  }
  ApiReply answer(const std::string& id, const Json& input) {
    return client().post("/tasks/" + id + "/input", input);
  }
  static std::vector<std::string> error_types(const Json& task) {
    std::vector<std::string> types;
    for (const auto& error : task["errors"]) types.push_back(error["type"]);
    return types;
  }

  Ledger ledger_;
  std::optional<TestGateway> gateway_;
  std::optional<ApiClient> client_;
};

const Json kLastTurn = {{"text", "done"}};

TEST_F(Agents, ToolIsCalledAndTheModelAnswers) {
  start();

  const auto task = run(script({{{"calls", {invoice(12.5)}}}, {{"results", true}}}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_NE(task["result"]["text"].get<std::string>().find("paid"), std::string::npos);
  ASSERT_EQ(task["tool_calls"].size(), 1U);
  const auto& made = task["tool_calls"][0];
  EXPECT_EQ(made["name"], "send_invoice");
  EXPECT_EQ(made["effect"], "write");
  EXPECT_EQ(made["status"], "succeeded");
  EXPECT_EQ(made["executions"], 1);
  EXPECT_EQ(made["replayed"], false);
  EXPECT_EQ(ledger_.executions(), (std::map<std::string, int>{{made["key"], 1}}));
  ASSERT_EQ(task["steps"].size(), 3U);
  EXPECT_EQ(task["steps"][0]["kind"], "model");
  EXPECT_EQ(task["steps"][1]["kind"], "tool");
  EXPECT_EQ(task["steps"][2]["kind"], "model");
  EXPECT_EQ(task["steps"][2]["index"], 3);
  EXPECT_GT(task["usage"]["total_tokens"].get<int>(), 0);
}

TEST_F(Agents, EventsTellEveryStepAndCall) {
  start();
  const auto id = submit(script({{{"calls", {invoice(1)}}}, kLastTurn}));
  (void)client().wait_final(id);

  std::vector<std::string> types;
  const auto page = client().get("/tasks/" + id + "/events").json();
  for (const auto& event : page["data"])
    if (event["type"] != "task.progress") types.push_back(event["type"]);

  const std::vector<std::string> expected{
      "task.queued",   "task.running", "step.started", "step.finished", "tool.started",
      "tool.finished", "step.started", "output.delta", "step.finished", "task.success"};
  EXPECT_EQ(types, expected);
}

TEST_F(Agents, RepeatedWriteIsExecutedOnceAndSaysSo) {
  start();

  const auto task = run(script({{{"calls", {invoice(1), invoice(1.0)}}},
                                {{"calls", {invoice(1)}}},
                                {{"calls", {invoice(2)}}},
                                kLastTurn}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  ASSERT_EQ(task["tool_calls"].size(), 4U);
  EXPECT_EQ(ledger_.executions().size(), 2U);
  EXPECT_EQ(ledger_.total(), 2);
  EXPECT_EQ(task["tool_calls"][0]["replayed"], false);
  EXPECT_EQ(task["tool_calls"][1]["replayed"], true);
  EXPECT_EQ(task["tool_calls"][2]["replayed"], true);
  EXPECT_EQ(task["tool_calls"][2]["key"], task["tool_calls"][0]["key"]);
  EXPECT_NE(task["tool_calls"][3]["key"], task["tool_calls"][0]["key"]);
}

TEST_F(Agents, FuzzedAgentExecutesEachIntentOnce) {
  start();
  for (int seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto before = ledger_.executions();
    Json task = script({{{"calls", {invoice(seed), invoice(seed + 0.5)}}},
                        {{"calls", {invoice(seed)}}},
                        {{"calls", {invoice(seed + 0.25)}}},
                        kLastTurn});
    auto played = Json::parse(task["input"].get<std::string>());
    played["vary"] = {"repeat", "reorder", "rename_ids", "reformat", "defaults"};
    played["seed"] = seed;
    task["input"] = played.dump();

    const auto done = run(task);

    EXPECT_EQ(done["status"], "success") << done.dump(1);
    const auto after = ledger_.executions();
    EXPECT_EQ(after.size(), before.size() + 3);
    for (const auto& [key, count] : after) EXPECT_EQ(count, 1) << key;
  }
}

TEST_F(Agents, RepeatAllowExecutesAgain) {
  start([](app::ToolConfig& tool) { tool.definition.repeat = tools::Repeat::allow; });

  const auto task = run(script({{{"calls", {invoice(1), invoice(1)}}}, kLastTurn}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(ledger_.executions().size(), 2U);
}

TEST_F(Agents, DefiniteFailureIsToldAndRetriedUnderTheSameKey) {
  start();
  ledger_.answer_next(Reply::json(422, R"({"error":"no such customer"})"));

  const auto task =
      run(script({{{"calls", {invoice(1)}}}, {{"calls", {invoice(1)}}}, {{"results", true}}}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  const auto executions = ledger_.executions();
  ASSERT_EQ(executions.size(), 1U);
  EXPECT_EQ(executions.begin()->second, 2);  // the first was refused by the downstream
  EXPECT_EQ(task["tool_calls"][0]["executions"], 2);
  EXPECT_EQ(task["tool_calls"][0]["key"], task["tool_calls"][1]["key"]);
}

TEST_F(Agents, UnknownOutcomeIsAskedForAndResolved) {
  start();
  ledger_.answer_next(Reply::raw("").reset());
  const auto id = submit(script({{{"calls", {invoice(1)}}}, {{"results", true}}}));

  const auto waiting = wait_waiting(id);

  const auto& asked = waiting["required_input"]["calls"][0];
  EXPECT_EQ(asked["kind"], "outcome");
  EXPECT_EQ(asked["tool"], "send_invoice");
  EXPECT_EQ(asked["arguments"]["amount"], 1);
  restart();
  EXPECT_EQ(wait_waiting(id)["required_input"], waiting["required_input"]);
  const auto reply = answer(
      id, {{"resolve", {{"key", asked["key"]}, {"executed", true}, {"result", {{"no", 7}}}}}});
  EXPECT_EQ(reply.status, 202U) << reply.body;
  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_NE(task["result"]["text"].get<std::string>().find("7"), std::string::npos);
  EXPECT_EQ(task["tool_calls"][0]["resolved_by"], "input");
  EXPECT_EQ(task["attempts"], 1);
  EXPECT_EQ(ledger_.total(), 1);
}

TEST_F(Agents, UnknownOutcomeThatWasNotExecutedMayBeCalledAgain) {
  start();
  ledger_.answer_next(Reply::raw("").reset());
  const auto id = submit(script({{{"calls", {invoice(1)}}}, {{"calls", {invoice(1)}}}, kLastTurn}));
  const auto key = wait_waiting(id)["required_input"]["calls"][0]["key"];

  (void)answer(id, {{"resolve", {{"key", key}, {"executed", false}}}});

  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(ledger_.executions().size(), 1U);
  EXPECT_EQ(task["tool_calls"][1]["key"], key);
}

TEST_F(Agents, ReconcileAsksTheDownstream) {
  start([this](app::ToolConfig& tool) {
    tool.definition.on_unknown = tools::UnknownPolicy::reconcile;
    tool.http.reconcile_url = ledger_.url("/by-key/{key}");
  });
  ledger_.answer_next(Reply::raw("").reset());

  const auto task = run(script({{{"calls", {invoice(1)}}}, {{"results", true}}}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_NE(task["result"]["text"].get<std::string>().find("found"), std::string::npos);
  EXPECT_EQ(task["tool_calls"][0]["resolved_by"], "reconcile");
  EXPECT_EQ(ledger_.total(), 1);
}

TEST_F(Agents, RetrySameKeySendsAgainUnderTheKey) {
  start([](app::ToolConfig& tool) {
    tool.definition.on_unknown = tools::UnknownPolicy::retry_same_key;
  });
  ledger_.answer_next(Reply::raw("").reset());

  const auto task = run(script({{{"calls", {invoice(1)}}}, kLastTurn}));

  EXPECT_EQ(task["status"], "success") << task.dump(1);
  ASSERT_EQ(ledger_.executions().size(), 1U);
  EXPECT_EQ(ledger_.total(), 2);
  EXPECT_EQ(task["tool_calls"][0]["executions"], 2);
}

TEST_F(Agents, LaterRefusalDoesNotSayThatAnEarlierSendWasNotExecuted) {
  start([](app::ToolConfig& tool) {
    tool.definition.on_unknown = tools::UnknownPolicy::retry_same_key;
  });
  ledger_.answer_next(Reply::raw("").reset());
  ledger_.answer_next(Reply::json(401, R"({"error":"who are you"})"));
  ledger_.answer_next(Reply::json(429, R"({"error":"slowly"})"));
  const auto id = submit(script({{{"calls", {invoice(1)}}}, {{"results", true}}}));

  const auto asked = wait_waiting(id)["required_input"]["calls"][0];

  EXPECT_EQ(asked["kind"], "outcome");
  const auto evidence = asked["evidence"].get<std::string>();
  EXPECT_NE(evidence.find("; sent again: "), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("429"), std::string::npos) << evidence;
  EXPECT_EQ(evidence.find("401"), std::string::npos) << evidence;
  EXPECT_EQ(ledger_.total(), 3);
  EXPECT_EQ(ledger_.executions().size(), 1U);
  (void)answer(id, {{"resolve", {{"key", asked["key"]}, {"executed", true}}}});
  EXPECT_EQ(client().wait_final(id)["tool_calls"][0]["status"], "succeeded");
}

TEST_F(Agents, NothingIsSentAgainPastTheWindowOfTheKey) {
  start([](app::ToolConfig& tool) {
    tool.definition.on_unknown = tools::UnknownPolicy::retry_same_key;
    tool.definition.key_window = 3s;
    tool.definition.timeout = 2s;
  });
  ledger_.answer_next(Reply::raw("").reset());
  ledger_.answer_next(Reply::json(429, R"({"error":"slowly"})").header("Retry-After", "2"));
  const auto id = submit(script({{{"calls", {invoice(1)}}}, kLastTurn}));

  const auto asked = wait_waiting(id)["required_input"]["calls"][0];

  EXPECT_EQ(asked["kind"], "outcome");
  EXPECT_LE(ledger_.total(), 2);  // the pause that the downstream asks for ends past the window
}

TEST_F(Agents, ApprovalIsAskedForAndSurvivesARestart) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id = submit(script({{{"calls", {invoice(99)}}}, {{"results", true}}}));
  const auto waiting = wait_waiting(id);
  const auto& asked = waiting["required_input"]["calls"][0];
  EXPECT_EQ(asked["kind"], "approval");
  EXPECT_EQ(asked["arguments"]["amount"], 99);
  EXPECT_EQ(ledger_.total(), 0);

  restart();
  EXPECT_EQ(answer(id, {{"approve", {{"key", "tg_other"}}}}).status, 422U);
  EXPECT_EQ(answer(id, {{"resolve", {{"key", asked["key"]}, {"executed", true}}}}).status, 409U);
  EXPECT_EQ(answer(id, {{"approve", {{"key", asked["key"]}}}}).status, 202U);

  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_EQ(ledger_.total(), 1);
  EXPECT_EQ(answer(id, {{"approve", {{"key", asked["key"]}}}}).status, 409U);
}

TEST_F(Agents, DeniedCallIsNotSentAndTheModelHearsWhy) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id = submit(script({{{"calls", {invoice(99)}}}, {{"results", true}}}));
  const auto key = wait_waiting(id)["required_input"]["calls"][0]["key"];

  (void)answer(id, {{"deny", {{"key", key}, {"reason", "too dear"}}}});

  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_NE(task["result"]["text"].get<std::string>().find("too dear"), std::string::npos);
  EXPECT_EQ(task["tool_calls"][0]["status"], "denied");
  EXPECT_EQ(ledger_.total(), 0);
}

TEST_F(Agents, EditedCallIsSentAsEdited) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id = submit(script({{{"calls", {invoice(99)}}}, kLastTurn}));
  const auto key = wait_waiting(id)["required_input"]["calls"][0]["key"];

  EXPECT_EQ(answer(id, {{"edit", {{"key", key}, {"arguments", {{"amount", "x"}}}}}}).status, 422U);
  EXPECT_EQ(answer(id, {{"edit", {{"key", key}, {"arguments", {{"amount", 9}}}}}}).status, 202U);

  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  const auto sent = Json::parse(ledger_.server().requests().back().body);
  EXPECT_EQ(sent["amount"], 9);
  EXPECT_NE(task["tool_calls"][0]["key"], key);
}

TEST_F(Agents, TwoApprovalsAreTwoAnswers) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id = submit(script({{{"calls", {invoice(1), invoice(2)}}}, kLastTurn}));
  const auto calls = wait_waiting(id)["required_input"]["calls"];
  ASSERT_EQ(calls.size(), 2U);

  const auto first = answer(id, {{"approve", {{"key", calls[1]["key"]}}}}).json();
  EXPECT_EQ(first["status"], "waiting");
  EXPECT_EQ(first["required_input"]["calls"].size(), 1U);
  (void)answer(id, {{"approve", {{"key", calls[0]["key"]}}}});

  EXPECT_EQ(client().wait_final(id)["status"], "success");
  EXPECT_EQ(ledger_.total(), 2);
}

TEST_F(Agents, WaitingTaskCanBeCancelled) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id = submit(script({{{"calls", {invoice(1)}}}, kLastTurn}));
  (void)wait_waiting(id);

  (void)client().post("/tasks/" + id + "/cancel", Json::object());

  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "cancelled");
  EXPECT_EQ(task["tool_calls"].size(), 1U);
  EXPECT_EQ(ledger_.total(), 0);
}

TEST_F(Agents, BoundsEndTheTaskWithTheirNames) {
  start();
  Json endless = Json::array();
  for (int i = 1; i <= 30; ++i) endless.push_back({{"calls", {invoice(i)}}});
  auto steps = script(endless);
  steps["max_steps"] = 3;
  auto calls = script(endless);
  calls["max_tool_calls"] = 2;
  auto tokens = script(endless);
  tokens["budget"] = {{"tokens", 1}};

  const auto by_steps = run(steps);
  const auto by_calls = run(calls);
  const auto by_tokens = run(tokens);

  EXPECT_EQ(by_steps["status"], "failed");
  EXPECT_EQ(error_types(by_steps).front(), "max_steps_exceeded");
  EXPECT_EQ(by_steps["tool_calls"].size(), 3U);
  EXPECT_EQ(error_types(by_calls).front(), "max_tool_calls_exceeded");
  EXPECT_EQ(by_calls["tool_calls"].size(), 2U);
  EXPECT_EQ(error_types(by_tokens).front(), "budget_exceeded");
  EXPECT_EQ(by_tokens["tool_calls"].size(), 1U);
}

TEST_F(Agents, DeadlineEndsAWaitingTask) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  auto task = script({{{"calls", {invoice(1)}}}, kLastTurn});
  task["deadline"] = to_rfc3339(SystemClock().now() + 1500ms);

  const auto done = run(task);

  EXPECT_EQ(done["status"], "expired");
  EXPECT_EQ(error_types(done).front(), "deadline_exceeded");
  EXPECT_EQ(ledger_.total(), 0);
}

TEST_F(Agents, UnknownToolIsRefusedAtSubmission) {
  start();
  auto task = script({kLastTurn});
  task["tools"] = {"send_invoice", "send_invoce"};

  const auto reply = client().post("/tasks", task);

  EXPECT_EQ(reply.status, 422U);
  EXPECT_EQ(reply.json()["errors"][0]["path"], "/tools/1");
  EXPECT_NE(reply.body.find("did you mean"), std::string::npos);
}

TEST_F(Agents, ToolThatTheTaskDidNotNameCannotBeCalled) {
  start();
  auto task = script({{{"calls", {invoice(1)}}}, {{"results", true}}});
  task["tools"] = {"look"};

  const auto done = run(task);

  EXPECT_EQ(ledger_.total(), 0);
  EXPECT_NE(done["result"]["text"].get<std::string>().find("no tool of that name"),
            std::string::npos);
}

TEST_F(Agents, JournalIsShownWhileTheTaskLives) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id =
      submit(script({{{"calls", {call("look", {{"amount", 1}}), invoice(1)}}}, kLastTurn}));
  (void)wait_waiting(id);

  const auto calls = client().get("/tasks/" + id + "/tool_calls").json()["data"];
  const auto steps = client().get("/tasks/" + id + "/steps").json()["data"];
  const auto whole = client().get("/tasks/" + id + "?include=steps,tool_calls").json();

  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0]["status"], "succeeded");
  EXPECT_EQ(calls[1]["status"], "needs_approval");
  EXPECT_EQ(steps.size(), 3U);
  EXPECT_EQ(whole["tool_calls"], calls);
  EXPECT_EQ(whole["steps"], steps);
  EXPECT_EQ(client().get("/tasks/task_00000000000000000000000000/steps").status, 404U);
}

TEST_F(Agents, RetryReusesTheStepsBefore) {
  start();
  auto task = script(
      {{{"calls", {invoice(1)}}}, {{"calls", {invoice(2)}}}, {{"calls", {invoice(1)}}}, kLastTurn});
  task["max_steps"] = 2;  // it fails at the bound, and so does the one that tries again
  const auto id = submit(task);
  EXPECT_EQ(client().wait_final(id)["status"], "failed");
  ASSERT_EQ(ledger_.total(), 2);

  const auto reply = client().post("/tasks/" + id + "/retry", {{"from_step", 2}});
  const auto again = client().wait_final(reply.json().value("id", ""));

  EXPECT_EQ(reply.status, 202U) << reply.body;
  EXPECT_EQ(again["retry_of"], id);
  ASSERT_EQ(again["tool_calls"].size(), 2U);
  EXPECT_EQ(again["tool_calls"][0]["replayed"], true);
  EXPECT_EQ(again["tool_calls"][1]["replayed"], false);
  EXPECT_EQ(ledger_.executions().size(), 3U);  // the second step's write is another task's
  EXPECT_EQ(client().post("/tasks/" + id + "/retry", {{"from_step", 9}}).status, 422U);
}

TEST_F(Agents, ReadThatARestartCutShortIsReadAgain) {
  start();
  ledger_.server().enqueue(Reply().hang());
  const auto id =
      submit(script({{{"calls", {call("look", {{"amount", 1}})}}}, {{"results", true}}}));
  ASSERT_TRUE(ledger_.server().wait_for_requests(1, 20s));

  restart();

  const auto task = client().wait_final(id);
  EXPECT_EQ(task["status"], "success") << task.dump(1);
  EXPECT_NE(task["result"]["text"].get<std::string>().find(R"("read":true)"), std::string::npos)
      << task["result"];
  EXPECT_EQ(task["tool_calls"][0]["status"], "succeeded");
  EXPECT_EQ(task["tool_calls"][0]["executions"], 2);
}

TEST_F(Agents, ApprovedCallOfAToolThatChangedMeanwhileIsNotSent) {
  start([](app::ToolConfig& tool) { tool.definition.approval = tools::Approval::required; });
  const auto id = submit(script({{{"calls", {invoice(1)}}}, {{"results", true}}}));
  const auto key = wait_waiting(id)["required_input"]["calls"][0]["key"];
  gateway_->change([this](app::Config& config) {
    config.tools.at("send_invoice").http.url = ledger_.url("/other-invoices");
  });
  restart();

  EXPECT_EQ(answer(id, {{"approve", {{"key", key}}}}).status, 202U);

  const auto task = client().wait_final(id);
  EXPECT_EQ(ledger_.total(), 0);
  EXPECT_EQ(task["tool_calls"][0]["status"], "failed");
  EXPECT_NE(task["result"]["text"].get<std::string>().find("has changed"), std::string::npos)
      << task.dump(1);
}

TEST_F(Agents, UnknownWriteOfAToolThatChangedMeanwhileIsAskedFor) {
  start([this](app::ToolConfig& tool) {
    tool.definition.on_unknown = tools::UnknownPolicy::reconcile;
    tool.http.reconcile_url = ledger_.url("/by-key/{key}");
  });
  ledger_.answer_next(Reply().hang());
  const auto id = submit(script({{{"calls", {invoice(1)}}}, {{"results", true}}}));
  ASSERT_TRUE(ledger_.server().wait_for_requests(1, 20s));
  gateway_->change([this](app::Config& config) {
    config.tools.at("send_invoice").http.reconcile_url = ledger_.url("/by-key/elsewhere-{key}");
  });

  restart();

  const auto asked = wait_waiting(id)["required_input"]["calls"][0];
  EXPECT_EQ(asked["kind"], "outcome");
  EXPECT_EQ(ledger_.total(), 1);
  EXPECT_EQ(ledger_.server().requests().size(), 1U);  // nobody was asked at the new address
}

TEST_F(Agents, NothingIsRetriedWhileAWriteIsOfUnknownOutcome) {
  start();
  ledger_.answer_next(Reply::raw("").reset());
  const auto id = submit(script({{{"calls", {invoice(1)}}}, kLastTurn}));
  const auto key = wait_waiting(id)["required_input"]["calls"][0]["key"];
  (void)client().post("/tasks/" + id + "/cancel", Json::object());
  EXPECT_EQ(client().wait_final(id)["status"], "cancelled");
  const auto retry = [&] { return client().post("/tasks/" + id + "/retry", Json::object()); };
  const auto resolution = [&](const Json& of) {
    return Json{{"resolve", {{"key", of}, {"executed", false}}}};
  };

  const auto refused = retry();
  EXPECT_EQ(refused.status, 409U) << refused.body;
  EXPECT_NE(refused.body.find(key.get<std::string>()), std::string::npos);
  EXPECT_EQ(client().post("/tasks/" + id + "/retry", {{"from_step", 2}}).status, 409U);
  EXPECT_EQ(answer(id, {{"approve", {{"key", key}}}}).status, 409U);
  EXPECT_EQ(answer(id, resolution("tg_other")).status, 422U);
  EXPECT_EQ(answer(id, resolution(key)).status, 202U);
  EXPECT_EQ(answer(id, resolution(key)).status, 409U);

  const auto call = client().get("/tasks/" + id + "/tool_calls").json()["data"][0];
  EXPECT_EQ(call["status"], "failed");
  EXPECT_EQ(call["resolved_by"], "input");
  const auto accepted = retry();
  EXPECT_EQ(accepted.status, 202U) << accepted.body;
  EXPECT_EQ(client().wait_final(accepted.json().value("id", ""))["status"], "success");
  EXPECT_EQ(ledger_.total(), 2);
}

TEST_F(Agents, LongRunSurvivesManyRestarts) {
  start([](app::ToolConfig& tool) {
    tool.definition.on_unknown = tools::UnknownPolicy::retry_same_key;
  });
  ledger_.remember_keys();
  Json turns = Json::array();
  for (int i = 1; i <= 20; ++i) {
    turns.push_back({{"calls", {invoice(i), call("look", {{"amount", i}})}}});
  }
  turns.push_back(kLastTurn);
  auto task = script(turns);
  task["max_steps"] = 30;
  const auto id = submit(task);
  for (int i = 0; i < 4; ++i) {
    (void)client().get("/tasks/" + id);
    restart();
  }

  const auto done = client().wait_final(id);

  EXPECT_EQ(done["status"], "success") << done.dump(1);
  EXPECT_EQ(done["tool_calls"].size(), 40U);
  EXPECT_EQ(ledger_.executions().size(), 20U);
  for (const auto& [key, count] : ledger_.executions()) EXPECT_EQ(count, 1) << key;
}

}  // namespace
}  // namespace taskgate::test

#include "taskgate/tools/demo_tools.hpp"

#include "taskgate/core/canonical_json.hpp"
#include "tools/calculator.hpp"
#include "tools/classify.hpp"
#include "tools/contract.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace taskgate::tools {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::size_t kMaxOutbox = 1000;

ToolOutcome answered(json answer) {
  ToolOutcome outcome;
  outcome.state = ToolOutcome::State::succeeded;
  outcome.evidence = "executed in this process";
  outcome.result = answer.dump();
  return outcome;
}

ToolOutcome answered_no(std::string why) {
  ToolOutcome outcome = answered({{"error", std::move(why)}});
  outcome.is_error = true;
  return outcome;
}

using Function = std::function<ToolOutcome(const json& arguments, const ToolCallRequest& request)>;

// A tool that is a function of this process.
class DemoTool final : public Tool {
 public:
  DemoTool(ToolDefinition definition, Function function) : function_(std::move(function)) {
    auto contract = make_contract(std::move(definition), {"builtin"});
    if (!contract) throw std::logic_error(contract.error().message());
    contract_ = std::move(*contract);
  }

  const std::string& name() const override { return contract_->definition.name; }
  ContractPtr contract() const override { return contract_; }
  asio::awaitable<Result<ContractPtr>> ready() override { co_return contract_; }
  asio::awaitable<ToolOutcome> call(ToolCallRequest request) override {
    const json arguments = json::parse(request.arguments, nullptr, false);
    if (!arguments.is_object()) {
      ToolOutcome refused = answered_no("the arguments are not an object");
      refused.state = ToolOutcome::State::failed_definite;
      co_return refused;
    }
    if (request.may_send && !request.may_send()) {
      co_return classify(contract_->definition, held_back_exchange());
    }
    co_return function_(arguments, request);
  }
  // What was sent before this process began is not remembered.
  asio::awaitable<Reconciled> reconcile(std::string) override {
    Reconciled nothing;
    nothing.evidence = "demo tools cannot be asked";
    co_return nothing;
  }

 private:
  ContractPtr contract_;
  Function function_;
};

std::unique_ptr<Tool> demo_tool(const char* name,
                                Effect effect,
                                const char* description,
                                const char* parameters,
                                Function function) {
  ToolDefinition definition;
  definition.name = name;
  definition.description = description;
  definition.parameters = parameters;
  definition.effect = effect;
  return std::make_unique<DemoTool>(std::move(definition), std::move(function));
}

constexpr const char* kNoArguments = R"({"type":"object","additionalProperties":false})";
constexpr const char* kCalculatorArguments = R"({"type":"object","required":["expression"],
  "additionalProperties":false,"properties":{"expression":{"type":"string","maxLength":1000,
  "description":"numbers, + - * / and parentheses"}}})";
constexpr const char* kEmailArguments = R"({"type":"object","required":["to","subject"],
  "additionalProperties":false,"properties":{
    "to":{"type":"string","minLength":1,"maxLength":320},
    "subject":{"type":"string","maxLength":1000},
    "body":{"type":"string","default":""},
    "simulate":{"enum":["sent","lost_answer","refused"],"default":"sent",
      "description":"what becomes of it; lost_answer: it is sent and nobody hears of it"}}})";

ToolOutcome add_up(const json& arguments) {
  const auto value = calculate(arguments.value("expression", ""));
  if (!value) return answered_no("not an expression: " + value.error().message());
  std::string text;
  append_ecmascript_number(text, *value);
  return answered({{"value", json::parse(text)}});
}

ToolOutcome send_email(const json& arguments,
                       const ToolCallRequest& request,
                       const Clock& clock,
                       DemoOutbox& outbox) {
  const std::string simulate = arguments.value("simulate", "sent");
  ToolOutcome outcome;
  if (simulate == "refused") {
    outcome.state = ToolOutcome::State::failed_definite;
    outcome.is_error = true;
    outcome.evidence = "the demo was asked to refuse";
    outcome.result = R"({"error":"the mail server refuses this recipient"})";
    return outcome;
  }
  outbox.add({request.tenant, request.key, arguments.value("to", ""),
              arguments.value("subject", ""), clock.now()});
  if (simulate == "lost_answer") {
    outcome.state = ToolOutcome::State::unknown;
    outcome.evidence = "the demo was asked to lose its answer";
    return outcome;
  }
  return answered({{"sent", true}, {"message_id", "demo-" + request.key}});
}

ToolOutcome list_outbox(const std::string& tenant, const DemoOutbox& outbox) {
  json list = json::array();
  for (const auto& email : outbox.sent_by(tenant)) {
    list.push_back({{"key", email.key},
                    {"to", email.to},
                    {"subject", email.subject},
                    {"at", to_rfc3339(email.at)},
                    {"executions", outbox.executions(email.key)}});
  }
  return answered({{"emails", std::move(list)}});
}

}  // namespace

void DemoOutbox::add(DemoEmail email) {
  const std::lock_guard lock(mutex_);
  emails_.push_back(std::move(email));
  if (emails_.size() > kMaxOutbox) emails_.pop_front();
}

std::vector<DemoEmail> DemoOutbox::sent_by(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  std::vector<DemoEmail> found;
  std::copy_if(emails_.begin(), emails_.end(), std::back_inserter(found),
               [&](const DemoEmail& email) { return email.tenant == tenant; });
  return found;
}

int DemoOutbox::executions(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(emails_.begin(), emails_.end(),
                                        [&](const DemoEmail& email) { return email.key == key; }));
}

std::vector<std::unique_ptr<Tool>> make_demo_tools(const Clock& clock,
                                                   std::shared_ptr<DemoOutbox> outbox) {
  std::vector<std::unique_ptr<Tool>> all;
  all.push_back(demo_tool("demo.clock", Effect::read, "The current time in UTC.", kNoArguments,
                          [&clock](const json&, const ToolCallRequest&) {
                            return answered({{"now", to_rfc3339(clock.now())}});
                          }));
  all.push_back(demo_tool(
      "demo.calculator", Effect::read, "Evaluates an arithmetic expression.", kCalculatorArguments,
      [](const json& arguments, const ToolCallRequest&) { return add_up(arguments); }));
  all.push_back(demo_tool("demo.send_email", Effect::write,
                          "Sends an e-mail (into a list in memory).", kEmailArguments,
                          [&clock, outbox](const json& arguments, const ToolCallRequest& request) {
                            return send_email(arguments, request, clock, *outbox);
                          }));
  all.push_back(demo_tool("demo.outbox", Effect::read,
                          "Lists the e-mails that demo.send_email has sent.", kNoArguments,
                          [outbox](const json&, const ToolCallRequest& request) {
                            return list_outbox(request.tenant, *outbox);
                          }));
  return all;
}

}  // namespace taskgate::tools

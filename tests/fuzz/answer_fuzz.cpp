// Arbitrary bytes as model output through everything that an answer passes: checks, repairs, the
// recovery's plan, the events and the task object. Whatever a model writes, the task ends, and what
// clients get is JSON.

#include "engine/answer/answer_checker.hpp"
#include "engine/answer/answer_history.hpp"
#include "engine/task_object.hpp"
#include "taskgate/checks/recovery.hpp"
#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>

namespace taskgate::fuzz {
namespace {

using nlohmann::json;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

json body_of(unsigned choice) {
  json body{{"model", "m"}, {"input", "What does invoice INV-7 cost?"}};
  if ((choice & 0x10) != 0)
    body["output_schema"] = json::parse(
        R"({"type":"object","properties":{"total":{"type":"integer"},"tags":{"type":"array",
            "items":{"type":"string"}},"next":{"$ref":"#"}},"required":["total"],
            "additionalProperties":false})");
  if ((choice & 0x20) != 0) body["context"] = json::array({"INV-7 costs 1,234.50 EUR"});
  if ((choice & 0x40) != 0) body["on_invalid"] = (choice & 0x80) != 0 ? "report" : "retry";
  return body;
}

providers::ModelTurn turn_of(std::string_view bytes, unsigned choice) {
  providers::ModelTurn turn;
  turn.finish_reason = static_cast<providers::FinishReason>(choice % 6);
  turn.raw_finish_reason = std::string(bytes.substr(0, 20));
  turn.saw_terminal = (choice & 0x08) == 0;
  turn.text = std::string(bytes);
  if (choice == 0xFF) turn.refusal = turn.text;
  turn.logprobs.push_back({turn.text, -0.5, {}});
  return turn;
}

void check_steps(const checks::Report& report) {
  engine::Step step;
  step.kind = engine::Step::Kind::check;
  step.name = "answer";
  for (const auto& finding : report.findings) step.findings.push_back(engine::finding_of(finding));
  Event event;
  event.type = EventType::check_finished;
  engine::append_step_members(event.data, step);
  engine::AnswerHistory read;
  read.replay(event);
  require(read.step_count == 1, "the log's step can be read back");
}

void check_one(std::string_view bytes) {
  const unsigned choice = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
  static checks::SchemaCache schemas({}, {});
  engine::AnswerChecker checker(engine::read_answer_request(body_of(choice)), schemas);
  auto turn = turn_of(bytes.empty() ? bytes : bytes.substr(1), choice);
  auto report = checker.check(turn, {R"({"total":1})"}, 1);
  const auto plan = checks::plan_recovery(report, checker.request().policy, {}, {});
  require(plan.feedback.size() < 32'000, "feedback is bounded");
  check_steps(report);

  Task task;
  task.client_id = "fuzz";
  task.model = "m";
  const auto result = engine::answered_result(std::move(turn), std::move(report));
  require(is_final(result.status), "the status is final");
  std::string object;
  const auto offset = engine::append_final_object(object, task, result);
  object.insert(offset, "7");
  require(!guard_json(object, {object.size(), 160}), "the task object is sound");
  const auto shown = json::parse(object, nullptr, false);
  require(shown.is_object() && shown["last_seq"] == 7, "the task object is JSON");
}

}  // namespace
}  // namespace taskgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  taskgate::fuzz::check_one({reinterpret_cast<const char*>(data), size});
  return 0;
}

#include "engine/answer/answer_history.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::engine {
namespace {

using HistoryJson = nlohmann::json;

std::int64_t history_count(const HistoryJson& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_number_integer() ? member->get<std::int64_t>() : 0;
}

providers::Usage usage_of(const HistoryJson& event) {
  providers::Usage usage;
  const auto found = event.find("usage");
  if (found == event.end() || !found->is_object()) return usage;
  usage.reported = true;
  usage.input_tokens = history_count(*found, "input_tokens");
  usage.output_tokens = history_count(*found, "output_tokens");
  usage.cached_input_tokens = history_count(*found, "cached_input_tokens");
  usage.reasoning_tokens = history_count(*found, "reasoning_tokens");
  return usage;
}

bool concerns_answer(EventType type) {
  return type == EventType::step_finished || type == EventType::check_finished ||
         type == EventType::task_retrying;
}

// The model that a step asked: its name, which for the judge says that it is one.
std::string_view model_of_step(std::string_view name) {
  constexpr std::string_view kJudge = "judge ";
  return name.starts_with(kJudge) ? name.substr(kJudge.size()) : name;
}

}  // namespace

void AnswerHistory::spend(std::string_view model, const providers::Usage& used) {
  add_usage(usage, used);
  spent.add(model, used);
}

void AnswerHistory::add(const Step& step) {
  if (!steps.empty()) steps += ',';
  append_step(steps, step);
  ++step_count;
  spend(model_of_step(step.name), step.usage);
}

void AnswerHistory::replay(const Event& event) {
  if (!concerns_answer(event.type)) return;
  const auto data = HistoryJson::parse("{" + event.data + "}", nullptr, false);
  if (!data.is_object()) return;
  if (event.type == EventType::task_retrying) return spend(data.value("model", ""), usage_of(data));
  if (data.value("next", HistoryJson()) == "retry_with_feedback") ++feedbacks;
  // Only steps that AnswerFlow wrote: the others stand in a record of their own.
  if (!data.contains("started_at") || !data.value("step", HistoryJson()).is_number_integer())
    return;
  spend(model_of_step(data.value("name", "")), usage_of(data));
  auto step = data;
  step["index"] = step["step"];
  for (const char* of_the_event : {"step", "verdict", "next", "reason"}) step.erase(of_the_event);
  if (!steps.empty()) steps += ',';
  steps += step.dump(-1, ' ', false, HistoryJson::error_handler_t::replace);
  ++step_count;
}

}  // namespace taskgate::engine

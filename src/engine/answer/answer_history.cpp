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
  usage.cache_write_input_tokens = history_count(*found, "cache_write_input_tokens");
  usage.reasoning_tokens = history_count(*found, "reasoning_tokens");
  return usage;
}

bool concerns_answer(EventType type) {
  return type == EventType::step_finished || type == EventType::check_finished ||
         type == EventType::task_retrying;
}

}  // namespace

void AnswerHistory::add(const Step& step) {
  if (!steps.empty()) steps += ',';
  append_step(steps, step);
  ++step_count;
  add_usage(usage, step.usage);
}

void AnswerHistory::replay(const Event& event) {
  if (!concerns_answer(event.type)) return;
  const auto data = HistoryJson::parse("{" + event.data + "}", nullptr, false);
  if (!data.is_object()) return;
  if (event.type == EventType::task_retrying) return add_usage(usage, usage_of(data));
  if (data.value("next", HistoryJson()) == "retry_with_feedback") ++feedbacks;
  // Only steps that AnswerFlow wrote: the others stand in a record of their own.
  if (!data.contains("started_at") || !data.value("step", HistoryJson()).is_number_integer())
    return;
  add_usage(usage, usage_of(data));
  auto step = data;
  step["index"] = step["step"];
  for (const char* of_the_event : {"step", "verdict", "next", "reason"}) step.erase(of_the_event);
  if (!steps.empty()) steps += ',';
  steps += step.dump(-1, ' ', false, HistoryJson::error_handler_t::replace);
  ++step_count;
}

}  // namespace taskgate::engine

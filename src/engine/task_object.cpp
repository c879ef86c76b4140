#include "engine/task_object.hpp"

#include "engine/answer/step.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/engine/gateway.hpp"

#include <algorithm>

namespace taskgate::engine {
namespace {

void add_string(std::string& out, std::string_view key, std::string_view value) {
  append_json_key(out, key);
  append_json_string(out, value);
}

void add_number(std::string& out, std::string_view key, std::int64_t value) {
  append_json_key(out, key);
  append_json_number(out, value);
}

void add_raw(std::string& out, std::string_view key, std::string_view json) {
  append_json_key(out, key);
  out += json;
}

void add_time(std::string& out, std::string_view key, const std::optional<TimePoint>& time) {
  append_json_key(out, key);
  if (time) {
    out += '"';
    append_rfc3339(out, *time);
    out += '"';
  } else {
    out += "null";
  }
}

void add_string_or_null(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) {
    add_raw(out, key, "null");
  } else {
    add_string(out, key, value);
  }
}

void add_head(std::string& out, const Task& task, TaskStatus status, double progress) {
  out += '{';
  add_string(out, "id", task.public_id());
  add_raw(out, "object", R"("task")");
  add_string(out, "status", to_string(status));
  append_json_key(out, "progress");
  append_json_number(out, progress);
}

void append_usage(std::string& out, const providers::Usage& usage) {
  if (!usage.reported) {
    add_raw(out, "usage", "null");
    return;
  }
  append_json_key(out, "usage");
  out += '{';
  add_number(out, "input_tokens", usage.input_tokens);
  add_number(out, "output_tokens", usage.output_tokens);
  add_number(out, "total_tokens", usage.input_tokens + usage.output_tokens);
  add_number(out, "cached_input_tokens", usage.cached_input_tokens);
  add_number(out, "reasoning_tokens", usage.reasoning_tokens);
  out += '}';
}

void add_model(std::string& out,
               std::string_view requested,
               std::string_view served,
               std::string_view fingerprint,
               std::string_view path) {
  append_json_key(out, "model");
  out += '{';
  add_string(out, "requested", requested);
  add_raw(out, "pinned", "null");
  add_string_or_null(out, "served", served);
  add_string_or_null(out, "fingerprint", fingerprint);
  if (!path.empty()) add_raw(out, "path", path);
  out += '}';
}

void add_links(std::string& out, const std::string& id) {
  const std::string self = "/tasks/" + id;
  append_json_key(out, "links");
  out += '{';
  add_string(out, "self", self);
  add_string(out, "stream", self + "/stream");
  add_string(out, "events", self + "/events");
  add_string(out, "cancel", self + "/cancel");
  out += '}';
}

std::int64_t ms_between(TimePoint from, TimePoint to) {
  return std::max<std::int64_t>(0, (to - from).count());
}

void add_durations(std::string& out, const Task& task, const FinalResult& result) {
  const auto begun = task.started_at.value_or(result.finished_at);
  const auto running = ms_between(begun, result.finished_at);
  const auto turn =
      result.turn_started_at ? ms_between(*result.turn_started_at, result.finished_at) : 0;
  append_json_key(out, "durations_ms");
  out += '{';
  add_number(out, "queued", ms_between(task.created_at, begun));
  add_number(out, "running", running);
  add_number(out, "upstream", result.upstream.count());
  add_number(out, "tools", result.tool_time.count());
  append_json_key(out, "first_token");
  if (result.first_token) {
    append_json_number(out, result.first_token->count());
  } else {
    out += "null";
  }
  add_number(out, "gateway",
             std::max<std::int64_t>(0, turn - (result.upstream + result.tool_time).count()));
  out += '}';
}

void add_result(std::string& out, const FinalResult& result) {
  append_json_key(out, "result");
  if (result.text.empty() && result.refusal.empty() && result.output.empty()) {
    out += "null";
    return;
  }
  out += '{';
  add_raw(out, "output", result.output.empty() ? "null" : std::string_view(result.output));
  add_string(out, "text", result.text);
  add_string_or_null(out, "refusal", result.refusal);
  out += '}';
}

void add_retry_of(std::string& out, const Task& task) {
  if (task.retry_of) add_string(out, "retry_of", *task.retry_of);
}

void add_times(std::string& out, const Task& task) {
  add_time(out, "created_at", task.created_at);
  add_time(out, "started_at", task.started_at);
  add_time(out, "finished_at", task.finished_at);
  add_time(out, "expires_at", task.expires_at);
  add_time(out, "not_before", task.not_before);
  add_time(out, "deadline", task.deadline);
}

constexpr std::string_view kNoConfidence =
    R"({"score":null,"methods":[],"calibrated":false,"fields":{}})";

}  // namespace

std::size_t append_final_object(std::string& out, const Task& task, const FinalResult& result) {
  Task row = task;
  row.finished_at = result.finished_at;
  row.expires_at = result.expires_at;
  const bool usable =
      result.status == TaskStatus::success || result.status == TaskStatus::partial_success;
  add_head(out, row, result.status, usable ? 1.0 : row.progress);
  add_result(out, result);
  append_json_key(out, "errors");
  out += '[';
  for (const auto& finding : result.findings) {
    if (out.back() != '[') out += ',';
    append_finding(out, finding);
  }
  out += ']';
  add_raw(out, "confidence",
          result.confidence.empty() ? kNoConfidence : std::string_view(result.confidence));
  add_model(out, row.model, result.served_model, result.fingerprint, result.path);
  add_times(out, row);
  add_number(out, "priority", row.priority);
  add_number(out, "attempts", row.attempts);
  append_usage(out, result.usage);
  append_json_key(out, "cost_usd");
  if (result.cost_usd) {
    append_json_number(out, *result.cost_usd);
  } else {
    out += "null";
  }
  add_durations(out, row, result);
  append_json_key(out, "steps");
  out += '[';
  out += result.steps;
  out += ']';
  add_raw(out, "tool_calls", result.tool_calls);
  add_raw(out, "required_input", "null");
  add_retry_of(out, row);
  add_raw(out, "metadata", row.metadata);
  add_raw(out, "tags", row.tags);
  add_links(out, row.public_id());
  append_json_key(out, "last_seq");
  const std::size_t offset = out.size();
  out += '}';
  return offset;
}

void append_task_object(std::string& out, const TaskView& view) {
  const Task& task = view.task;
  add_head(out, task, task.status, task.progress);
  add_raw(out, "result", "null");
  add_raw(out, "errors", "[]");
  add_raw(out, "confidence", kNoConfidence);
  add_model(out, task.model, "", "", "");
  add_times(out, task);
  add_number(out, "priority", task.priority);
  add_number(out, "attempts", task.attempts);
  add_raw(out, "cancel_requested", task.cancel_requested ? "true" : "false");
  if (view.queue_position || !view.held_by.empty()) {
    append_json_key(out, "queue");
    out += '{';
    if (view.queue_position)
      add_number(out, "position", static_cast<std::int64_t>(*view.queue_position));
    if (!view.held_by.empty()) add_string(out, "held_by", view.held_by);
    out += '}';
  }
  append_json_key(out, "estimated_duration_ms");
  if (view.estimated_duration_ms) {
    append_json_number(out, *view.estimated_duration_ms);
  } else {
    out += "null";
  }
  add_number(out, "poll_after_ms", view.poll_after.count());
  add_raw(out, "required_input",
          task.required_input.empty() ? "null" : std::string_view(task.required_input));
  add_retry_of(out, task);
  add_raw(out, "metadata", task.metadata);
  add_raw(out, "tags", task.tags);
  add_links(out, task.public_id());
  add_number(out, "last_seq", static_cast<std::int64_t>(task.last_seq));
  out += '}';
}

}  // namespace taskgate::engine

#include "api/task_json.hpp"

#include "api/problem.hpp"
#include "taskgate/core/json_text.hpp"

#include <algorithm>

namespace taskgate::api {
namespace {

void append_time(std::string& out, std::string_view name, const std::optional<TimePoint>& time) {
  out += ",\"";
  out += name;
  out += "\":";
  if (!time) {
    out += "null";
    return;
  }
  out += '"';
  append_rfc3339(out, *time);
  out += '"';
}

// Public ids need no escaping: they are ours, or passed is_client_id.
void append_links(std::string& out, std::string_view id) {
  out += ",\"links\":{\"self\":\"/tasks/";
  out += id;
  out += "\",\"stream\":\"/tasks/";
  out += id;
  out += "/stream\",\"events\":\"/tasks/";
  out += id;
  out += "/events\",\"cancel\":\"/tasks/";
  out += id;
  out += "/cancel\"}";
}

}  // namespace

std::string take_task_object(engine::TaskView& view) {
  if (!view.final_object.empty()) return std::move(view.final_object);
  std::string out;
  engine::append_task_object(out, view);
  return out;
}

void append_submitted_object(std::string& out, const engine::TaskView& view) {
  const auto id = view.task.public_id();
  out.reserve(out.size() + 512 + 5 * id.size());
  out += "{\"id\":\"";
  out += id;
  out += "\",\"object\":\"task\",\"status\":\"";
  out += to_string(view.task.status);
  out += '"';
  append_time(out, "created_at", view.task.created_at);
  out += ",\"queue\":{\"position\":";
  if (view.queue_position) {
    append_json_number(out, static_cast<std::int64_t>(*view.queue_position));
  } else {
    out += "null";
  }
  out += "},\"estimated_duration_ms\":";
  if (view.estimated_duration_ms) {
    append_json_number(out, *view.estimated_duration_ms);
  } else {
    out += "null";
  }
  out += ",\"poll_after_ms\":";
  append_json_number(out, std::int64_t{view.poll_after.count()});
  append_links(out, id);
  out += '}';
}

void append_task_summary(std::string& out, const Task& task) {
  const auto id = task.public_id();
  out += "{\"id\":\"";
  out += id;
  out += "\",\"object\":\"task\",\"status\":\"";
  out += to_string(task.status);
  out += "\",\"progress\":";
  append_json_number(out, task.progress);
  out += ",\"model\":{\"requested\":";
  append_json_string(out, task.model);
  out += "},\"priority\":";
  append_json_number(out, std::int64_t{task.priority});
  append_time(out, "created_at", task.created_at);
  append_time(out, "started_at", task.started_at);
  append_time(out, "finished_at", task.finished_at);
  append_time(out, "expires_at", task.expires_at);
  out += ",\"attempts\":";
  append_json_number(out, std::int64_t{task.attempts});
  out += ",\"last_seq\":";
  append_json_number(out, static_cast<std::int64_t>(task.last_seq));
  out += ",\"purged\":";
  out += task.purged ? "true" : "false";
  out += ",\"metadata\":";
  out += task.metadata;
  out += ",\"tags\":";
  out += task.tags;
  append_links(out, id);
  out += '}';
}

std::string etag_of(const Task& task) {
  std::string etag = "\"";
  etag += task.public_id();
  etag += '-';
  append_json_number(etag, static_cast<std::int64_t>(task.last_seq));
  etag += '"';
  return etag;
}

void insert_member(std::string& json, std::string_view name, std::string_view value) {
  if (json.empty() || json.back() != '}') return;
  json.pop_back();
  if (!json.ends_with('{')) json += ',';
  append_json_string(json, name);
  json += ':';
  json += value;
  json += '}';
}

void set_retry_after(net::Response& response, const engine::TaskView& view) {
  if (!is_final(view.task.status))
    response.set("Retry-After", retry_after_seconds(view.poll_after));
}

net::Response task_response(unsigned status, engine::TaskView& view) {
  auto response = net::Response::json(status, take_task_object(view));
  response.set("ETag", etag_of(view.task)).set("Cache-Control", "no-store");
  set_retry_after(response, view);
  return response;
}

net::Response purged_response(const net::Request& request) {
  return problem_response(request, Problem(ProblemCode::purged, "the task's content was deleted"));
}

bool is_client_id(std::string_view id) noexcept {
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  if (id.empty() || id.size() > 128 || !is_alphanumeric(id.front())) return false;
  return std::all_of(id.begin(), id.end(), [&](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace taskgate::api

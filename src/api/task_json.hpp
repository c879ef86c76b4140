#pragma once
// Task objects on their way out. A final task's JSON is stored ready made and goes out as it is.

#include "taskgate/core/task.hpp"
#include "taskgate/engine/gateway.hpp"
#include "taskgate/net/http.hpp"

#include <string>
#include <string_view>

namespace taskgate::api {

/// The whole task object; takes a final one's stored text out of `view`.
std::string take_task_object(engine::TaskView& view);

/// The reply to a submission: id, status, queue position, estimate, links (docs/api.md, Submit).
void append_submitted_object(std::string& out, const engine::TaskView& view);

/// A row of GET /tasks: the task without its result, errors and steps.
void append_task_summary(std::string& out, const Task& task);

/// `"<id>-<last_seq>"`, quotes included.
std::string etag_of(const Task& task);

/// Adds `,"name":value` before the closing brace of the object in `json`. `value` is JSON.
void insert_member(std::string& json, std::string_view name, std::string_view value);

/// 200 or 202 with the task object, its ETag and, while live, Retry-After.
net::Response task_response(unsigned status, engine::TaskView& view);

/// Sets Retry-After from view.poll_after when the task is live.
void set_retry_after(net::Response& response, const engine::TaskView& view);

/// 410: the task existed, its content was deleted.
net::Response purged_response(const net::Request& request);

/// A client's own id: [A-Za-z0-9][A-Za-z0-9._-]{0,127}. What passes needs no escaping in JSON, URLs
/// and headers.
bool is_client_id(std::string_view id) noexcept;

}  // namespace taskgate::api

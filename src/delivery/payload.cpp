#include "taskgate/delivery/payload.hpp"

namespace taskgate::delivery {
namespace {

// A final event is named after the status it announces; the others leave the task in one of the
// live ones.
std::string_view status_after(EventType type) {
  switch (type) {
    case EventType::task_success:
      return to_string(TaskStatus::success);
    case EventType::task_partial_success:
      return to_string(TaskStatus::partial_success);
    case EventType::task_failed:
      return to_string(TaskStatus::failed);
    case EventType::task_cancelled:
      return to_string(TaskStatus::cancelled);
    case EventType::task_expired:
      return to_string(TaskStatus::expired);
    case EventType::task_waiting:
      return to_string(TaskStatus::waiting);
    case EventType::task_queued:
    case EventType::task_retrying:
      return to_string(TaskStatus::queued);
    default:
      return to_string(TaskStatus::running);
  }
}

// A client's own id may hold what a path may not.
std::string path_segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

void append_links(std::string& out, std::string_view base_url, std::string_view public_id) {
  const auto self = std::string(base_url) + "/tasks/" + path_segment(public_id);
  out.append(R"("links":{"self":")").append(self);
  out.append(R"(","stream":")").append(self).append("/stream");
  out.append(R"(","events":")").append(self).append("/events\"}");
}

}  // namespace

std::string webhook_id(const TaskId& task, std::uint64_t seq) {
  constexpr std::string_view kTaskPrefix = "task_";
  return "evt_" + to_string(task).substr(kTaskPrefix.size()) + "_" + std::to_string(seq);
}

std::string webhook_body(const store::Delivery& delivery,
                         const Event* event,
                         std::string_view base_url) {
  const auto at = event != nullptr ? event->at : delivery.created_at;
  std::string out;
  out.append(R"({"id":")").append(webhook_id(delivery.ref.id, delivery.seq));
  out.append(R"(","type":")").append(to_string(delivery.type));
  out.append(R"(","timestamp":")").append(to_rfc3339(at));
  out.append(R"(","data":{"id":")").append(delivery.public_task_id);
  out.append(R"(","status":")").append(status_after(delivery.type)).append("\",");
  append_links(out, base_url, delivery.public_task_id);
  // A final event's data is `"task":{…}`: the object as GET /tasks/{id} returns it.
  const bool whole = event != nullptr && is_final(event->type) &&
                     event->data.starts_with(R"("task":)") &&
                     event->data.size() <= kMaxTaskInPayload;
  if (whole) out.append(",").append(event->data);
  out.append("}}");
  return out;
}

}  // namespace taskgate::delivery

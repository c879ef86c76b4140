#include "support/scripted_upstream.hpp"

#include <array>
#include <cstdio>

namespace taskgate::test {
namespace {

std::string head_lines(unsigned status, std::string_view content_type) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  if (!content_type.empty()) head.append("Content-Type: ").append(content_type).append("\r\n");
  return head;
}

}  // namespace

std::string SeenRequest::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

Reply Reply::raw(std::string bytes) {
  Reply reply;
  reply.send(std::move(bytes));
  return reply;
}

Reply Reply::whole(unsigned status, std::string_view content_type, std::string_view body) {
  std::string bytes = head_lines(status, content_type);
  bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return raw(bytes.append(body));
}

Reply Reply::json(unsigned status, std::string_view body) {
  return whole(status, "application/json", body);
}

Reply Reply::chunked(unsigned status, std::string_view content_type) {
  return raw(head_lines(status, content_type) + "Transfer-Encoding: chunked\r\n\r\n");
}

Reply Reply::sse(const std::vector<std::string>& pieces) {
  Reply reply = chunked(200, "text/event-stream");
  for (const std::string& piece : pieces) reply.chunk(piece);
  reply.last_chunk();
  return reply;
}

Reply& Reply::header(std::string_view name, std::string_view value) {
  std::string line;
  line.append(name).append(": ").append(value).append("\r\n");
  std::string& head = steps_.at(0).bytes;
  head.insert(head.find("\r\n") + 2, line);
  return *this;
}

Reply& Reply::send(std::string bytes) {
  Step step;
  step.bytes = std::move(bytes);
  steps_.push_back(std::move(step));
  return *this;
}

Reply& Reply::chunk(std::string_view payload) {
  std::array<char, 24> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", payload.size());
  std::string bytes(size.data());
  return send(bytes.append(payload).append("\r\n"));
}

Reply& Reply::last_chunk() {
  return send("0\r\n\r\n");
}

Reply& Reply::pause(std::chrono::milliseconds duration) {
  Step step;
  step.kind = Kind::pause;
  step.pause = duration;
  steps_.push_back(std::move(step));
  return *this;
}

namespace {

Reply::Step step_of(Reply::Kind kind) {
  Reply::Step step;
  step.kind = kind;
  return step;
}

}  // namespace

Reply& Reply::stall() {
  steps_.push_back(step_of(Kind::stall));
  return *this;
}

Reply& Reply::hang() {
  steps_.push_back(step_of(Kind::hang));
  return *this;
}

Reply& Reply::close() {
  steps_.push_back(step_of(Kind::close));
  return *this;
}

Reply& Reply::reset() {
  steps_.push_back(step_of(Kind::reset));
  return *this;
}

}  // namespace taskgate::test

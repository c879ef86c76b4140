#include "support/fragile_client.hpp"

#include <cstdlib>
#include <stdexcept>

namespace taskgate::test {

namespace {

std::string bytes_of(const ApiRequest& request) {
  std::string bytes =
      request.method + " " + request.target + " HTTP/1.1\r\nHost: taskgate.test\r\n";
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  if (!request.body.empty()) {
    bytes += "Content-Type: application/json\r\n";
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  } else if (request.method == "POST" || request.method == "PUT") {
    bytes += "Content-Length: 0\r\n";
  }
  return bytes + "\r\n" + request.body;
}

std::unique_ptr<RawClient> connect_to(std::uint16_t port) {
  try {
    return std::make_unique<RawClient>(port);
  } catch (const std::runtime_error&) {  // nobody listens there any more
    return nullptr;
  }
}

std::optional<StreamedEvent> parse_frame(std::string_view frame) {
  StreamedEvent event;
  while (!frame.empty()) {
    const auto end = std::min(frame.find('\n'), frame.size());
    const std::string line(frame.substr(0, end));
    frame.remove_prefix(std::min(end + 1, frame.size()));
    if (line.starts_with("id: ")) event.id = std::strtoull(line.c_str() + 4, nullptr, 10);
    if (line.starts_with("event: ")) event.type = line.substr(7);
    if (line.starts_with("data: ")) event.data = line.substr(6);
  }
  if (event.data.empty()) return std::nullopt;  // retry, or a comment
  return event;
}

}  // namespace

std::vector<StreamedEvent> take_events(std::string& text) {
  std::vector<StreamedEvent> events;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find("\n\n", begin);
    if (end == std::string::npos) break;
    auto event = parse_frame(std::string_view(text).substr(begin, end - begin));
    if (event) events.push_back(std::move(*event));
    begin = end + 2;
  }
  text.erase(0, begin);
  return events;
}

std::optional<RawResponse> FragileClient::exchange(const ApiRequest& request) {
  if (!connection_) connection_ = connect_to(port_);
  if (!connection_) return std::nullopt;
  std::optional<RawResponse> response;
  if (connection_->send(bytes_of(request))) response = connection_->read_response();
  if (response && !response->complete) response.reset();
  if (!response || response->header("Connection") == "close") connection_.reset();
  return response;
}

std::optional<RawResponse> FragileClient::get(std::string target) {
  ApiRequest request;
  request.target = std::move(target);
  return exchange(request);
}

StreamOutcome FragileClient::read_stream(const std::string& task_id, std::uint64_t after) const {
  StreamOutcome outcome;
  const auto connection = connect_to(port_);
  if (!connection) return outcome;
  ApiRequest request;
  request.target = "/tasks/" + task_id + "/stream";
  if (after > 0) request.headers.emplace_back("Last-Event-ID", std::to_string(after));
  if (!connection->send(bytes_of(request))) return outcome;
  const auto head = connection->read_stream_head();
  if (!head) return outcome;
  outcome.status = head->status;
  outcome.complete = head->status == 204;
  if (head->status != 200) return outcome;
  std::string text;
  while (auto chunk = connection->read_chunk()) {
    outcome.complete = chunk->empty();
    text += *chunk;
    for (auto& event : take_events(text)) outcome.events.push_back(std::move(event));
    if (outcome.complete) break;
  }
  return outcome;
}

}  // namespace taskgate::test

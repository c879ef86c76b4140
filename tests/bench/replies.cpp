#include "replies.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace taskgate::bench {
namespace {

bool is_framing(const std::string& name) {
  constexpr std::array kFraming{"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive"};
  return std::any_of(kFraming.begin(), kFraming.end(),
                     [&name](const char* each) { return ::strcasecmp(each, name.c_str()) == 0; });
}

/// Cuts the text up to `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, std::string_view separator) {
  const auto end = rest.find(separator);
  if (end == std::string_view::npos) throw std::runtime_error("not an HTTP response");
  const auto piece = rest.substr(0, end);
  rest.remove_prefix(end + separator.size());
  return piece;
}

}  // namespace

Reply parse_reply(std::string_view wire) {
  Reply reply;
  auto head = take(wire, "\r\n\r\n");
  std::string lines(head);
  lines += "\r\n";
  std::string_view rest = lines;
  const auto status_line = take(rest, "\r\n");
  constexpr std::size_t kStatusAt = 9;  // after "HTTP/1.1 "
  if (status_line.size() < kStatusAt + 3) throw std::runtime_error("not an HTTP response");
  std::from_chars(status_line.data() + kStatusAt, status_line.data() + kStatusAt + 3, reply.status);
  while (!rest.empty()) {
    auto line = take(rest, "\r\n");
    const std::string name(take(line, ":"));
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (!is_framing(name)) reply.fields.emplace_back(name, std::string(line));
  }
  reply.body = std::string(wire);
  return reply;
}

Reply read_reply(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return parse_reply(std::string(std::istreambuf_iterator<char>(file), {}));
}

Reply default_post_reply() {
  Reply reply;
  reply.status = 202;
  reply.fields = {{"Content-Type", "application/json"},
                  {"Cache-Control", "no-store"},
                  {"Location", "/tasks/task_01JZZZZZZZZZZZZZZZZZZZZZZZ"},
                  {"Retry-After", "1"},
                  {"Preference-Applied", "respond-async"},
                  {"Idempotency-Replayed", "false"},
                  {"X-Request-Id", "req_01JZZZZZZZZZZZZZZZZZZZZZZZ"},
                  {"Date", "Thu, 01 Jan 2026 00:00:00 GMT"}};
  reply.body = R"({"id":"task_01JZZZZZZZZZZZZZZZZZZZZZZZ","object":"task","status":"queued",)"
               R"("padding":")" +
               std::string(750, 'x') + "\"}";
  return reply;
}

Reply default_get_reply() {
  Reply reply;
  reply.fields = {{"Content-Type", "application/json"},
                  {"Cache-Control", "no-store"},
                  {"ETag", R"("task_01JZZZZZZZZZZZZZZZZZZZZZZZ-4")"},
                  {"X-Request-Id", "req_01JZZZZZZZZZZZZZZZZZZZZZZZ"},
                  {"Date", "Thu, 01 Jan 2026 00:00:00 GMT"}};
  reply.body = R"({"id":"task_01JZZZZZZZZZZZZZZZZZZZZZZZ","object":"task","status":"success",)"
               R"("padding":")" +
               std::string(1500, 'x') + "\"}";
  return reply;
}

}  // namespace taskgate::bench

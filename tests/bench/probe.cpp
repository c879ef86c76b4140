#include "probe.hpp"

#include "load.hpp"
#include "sockets.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <random>
#include <stdexcept>

namespace taskgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kInput =
    "Summarise the attached support conversation in three sentences for the engineer on call. "
    "Name the customer's product version, what they already tried, and what they expect next. "
    "Keep error codes exactly as they were written, and do not guess at causes.";

std::string submit_body(std::string_view model, std::string_view not_before) {
  std::string body = R"({"model":")" + std::string(model) + R"(","input":")" + std::string(kInput) +
                     R"(","instructions":"Answer in plain English.","max_output_tokens":1024,)";
  if (!not_before.empty()) body += R"("not_before":")" + std::string(not_before) + R"(",)";
  body += R"("metadata":{"customer":"c_184467","ticket":"SUP-20931","region":"eu-west"},)"
          R"("tags":["support","summary"]})";
  return body;
}

/// A key of its own for each request: a repeated one would bring the first task back.
std::string fresh_key() {
  static std::uint64_t number = std::random_device{}();
  std::array<char, kKeyDigits + 1> text{};
  std::snprintf(text.data(), text.size(), "probe%027llx",
                static_cast<unsigned long long>(++number));
  return text.data();
}

SubmitRequest frame(const std::string& body, std::string_view prefer) {
  SubmitRequest request;
  request.wire = "POST /tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  if (!prefer.empty()) request.wire += "Prefer: " + std::string(prefer) + "\r\n";
  request.wire += "Content-Length: " + std::to_string(body.size()) + "\r\nIdempotency-Key: \"";
  request.key_offset = request.wire.size();
  request.wire += fresh_key() + "\"\r\n\r\n" + body;
  return request;
}

void wait_for(const Descriptor& socket, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd wait{socket.get(), POLLIN, 0};
  if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) != 1) {
    throw std::runtime_error("no answer in time");
  }
}

bool is_whole(std::string_view wire) {
  const auto end = wire.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const auto head = wire.substr(0, end);
  if (!find_field(head, "Transfer-Encoding").empty()) return wire.ends_with("\r\n0\r\n\r\n");
  const auto length = find_field(head, "Content-Length");
  std::size_t body = 0;
  std::from_chars(length.data(), length.data() + length.size(), body);
  return wire.size() >= end + 4 + body;
}

}  // namespace

SubmitRequest make_submit(std::string_view model, SubmitStyle style) {
  constexpr auto kFarAway = std::chrono::hours(24);
  if (style == SubmitStyle::delayed) return make_submit_at(model, rfc3339_in(kFarAway));
  return frame(submit_body(model, {}), style == SubmitStyle::wait ? "wait=30" : "");
}

SubmitRequest make_submit_at(std::string_view model, std::string_view not_before) {
  return frame(submit_body(model, not_before), {});
}

std::string make_get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

std::string rfc3339_in(std::chrono::milliseconds from_now) {
  const auto at = std::chrono::system_clock::now() + from_now;
  const auto since = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::time_t seconds = since / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ",
                static_cast<int>(since % 1000));
  return text.data();
}

std::string ask_raw(std::uint16_t port,
                    std::string_view request,
                    std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const Descriptor socket = connect_loopback(port);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw_errno("send");
  }
  std::string wire;
  std::array<char, 16384> buffer{};
  while (!is_whole(wire)) {
    wait_for(socket, deadline);
    const auto count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) throw std::runtime_error("connection closed before the whole answer came");
    wire.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return wire;
}

Reply ask(std::uint16_t port, std::string_view request, unsigned expected) {
  Reply reply = parse_reply(ask_raw(port, request));
  if (reply.status == expected) return reply;
  throw std::runtime_error("expected " + std::to_string(expected) + " for '" +
                           std::string(request.substr(0, request.find('\r'))) + "', got " +
                           std::to_string(reply.status) + ": " + reply.body);
}

std::string string_member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":\"";
  const auto at = json.find(key);
  const auto begin = at + key.size();
  const auto end = at == std::string_view::npos ? at : json.find('"', begin);
  if (end == std::string_view::npos) throw std::runtime_error("no member " + std::string(name));
  return std::string(json.substr(begin, end - begin));
}

}  // namespace taskgate::bench

#include "crash/webhook_receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>

namespace taskgate::crash {

namespace {

constexpr std::size_t kRefusedOneIn = 5;  // messages whose first attempt gets a 500

// The value of a field in a head whose lines end in CRLF; empty when absent.
std::string field(const std::string& head, const std::string& name) {
  std::size_t line = 0;
  while ((line = head.find("\r\n", line)) != std::string::npos) {
    line += 2;
    if (::strncasecmp(head.c_str() + line, name.c_str(), name.size()) != 0) continue;
    if (head[line + name.size()] != ':') continue;
    auto begin = line + name.size() + 1;
    while (begin < head.size() && head[begin] == ' ') ++begin;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  return std::string();
}

struct Message {
  std::string head;
  std::string body;
};

std::optional<Message> read_message(int connection) {
  std::string bytes;
  char buffer[16384];
  std::size_t head_end = std::string::npos;
  std::size_t wanted = 0;
  while (head_end == std::string::npos || bytes.size() < wanted) {
    const auto got = ::recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return std::nullopt;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (head_end != std::string::npos) continue;
    head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos) continue;
    const auto length = field(bytes.substr(0, head_end + 2), "Content-Length");
    wanted = head_end + 4 + std::strtoull(length.c_str(), nullptr, 10);
  }
  return Message{bytes.substr(0, head_end + 2), bytes.substr(head_end + 4)};
}

}  // namespace

WebhookReceiver::WebhookReceiver() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 256) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("the webhook receiver cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

WebhookReceiver::~WebhookReceiver() {
  ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(listener_);
}

std::string WebhookReceiver::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/hook";
}

std::map<std::string, std::vector<std::string>> WebhookReceiver::delivered() const {
  std::lock_guard lock(mutex_);
  return delivered_;
}

std::size_t WebhookReceiver::attempts() const {
  std::lock_guard lock(mutex_);
  return attempts_;
}

void WebhookReceiver::wait_for_more(std::size_t known, std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, patience, [&] { return attempts_ > known; });
}

void WebhookReceiver::run() {
  for (;;) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    serve(connection);
    ::close(connection);
  }
}

void WebhookReceiver::serve(int connection) {
  const timeval limit{2, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto message = read_message(connection);
  if (!message) return;  // the server died in the middle of it
  const unsigned status = answer(field(message->head, "webhook-id"), message->body);
  const auto reply =
      "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  (void)!::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);  // it may be dead by now
}

unsigned WebhookReceiver::answer(const std::string& message_id, const std::string& body) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  std::lock_guard lock(mutex_);
  ++attempts_;
  arrived_.notify_all();
  if (!parsed.is_object() || message_id.empty()) return 400;
  const bool is_first = seen_[message_id]++ == 0;
  if (is_first && std::hash<std::string>()(message_id) % kRefusedOneIn == 0) return 500;
  delivered_[parsed["data"].value("id", "")].push_back(body);
  return 204;
}

}  // namespace taskgate::crash

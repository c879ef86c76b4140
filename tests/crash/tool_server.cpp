#include "crash/tool_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace taskgate::crash {
namespace {

using Json = nlohmann::json;

std::string response(int status, const std::string& body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " X\r\n";
  if (!body.empty()) text += "Content-Type: application/json\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The value of a header field in a head of lines that end in CRLF.
std::string field(const std::string& head, const std::string& name) {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos) {
    at += 2;
    const auto end = head.find("\r\n", at);
    if (end == std::string::npos) break;
    const auto colon = head.find(':', at);
    if (colon < end && lowered(head.substr(at, colon - at)) == name) {
      auto value = head.substr(colon + 1, end - colon - 1);
      std::erase_if(value, [](char c) { return c == ' ' || c == '"'; });
      return value;
    }
    at = end;
  }
  return {};
}

bool send_all(int socket, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const auto count = ::send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool receive_more(int socket, std::string& buffer) {
  char piece[4096];
  const auto count = ::recv(socket, piece, sizeof piece, 0);
  if (count <= 0) return false;
  buffer.append(piece, static_cast<std::size_t>(count));
  return true;
}

Json listed_tool(const char* name) {
  return {
      {"name", name},
      {"description", "a tool of the test"},
      {"inputSchema", {{"type", "object"}, {"properties", {{"amount", {{"type", "number"}}}}}}}};
}

}  // namespace

ToolServer::ToolServer() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool listens = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::listen(listener_, 128) == 0 &&
                       ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!listens) throw std::runtime_error("the tool server cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ToolServer::~ToolServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

std::string ToolServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void ToolServer::at(ToolMoment moment, std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  actions_[moment] = std::move(action);
}

void ToolServer::forget_actions() {
  const std::lock_guard lock(mutex_);
  actions_.clear();
}

std::map<std::string, int> ToolServer::executions() const {
  const std::lock_guard lock(mutex_);
  return executions_;
}

bool ToolServer::has_executed(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return executions_.contains(key);
}

void ToolServer::accept_all() {
  while (!stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void ToolServer::serve(int socket) {
  std::string buffer;
  Request request;
  while (read_request(socket, buffer, request)) {
    if (!send_all(socket, answer(request))) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

bool ToolServer::read_request(int socket, std::string& buffer, Request& request) {
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more(socket, buffer)) return false;
  }
  const auto head = buffer.substr(0, end + 2);
  buffer.erase(0, end + 4);
  const auto space = head.find(' ');
  request.method = head.substr(0, space);
  request.target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  request.key = field(head, "idempotency-key");
  const bool is_call = request.target.starts_with("/call") || !request.key.empty();
  if (is_call) reach(ToolMoment::head_read);
  const auto length_text = field(head, "content-length");
  const std::size_t length = length_text.empty() ? 0 : std::stoul(length_text);
  while (buffer.size() < length) {
    if (!receive_more(socket, buffer)) return false;  // killed in the midst of it: not executed
  }
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return true;
}

void ToolServer::reach(ToolMoment moment) {
  std::function<void()> action;
  {
    const std::lock_guard lock(mutex_);
    const auto found = actions_.find(moment);
    if (found != actions_.end()) action = std::exchange(found->second, nullptr);
  }
  if (action) action();
}

std::string ToolServer::execute(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    if (!recognises_ || !executions_.contains(key)) ++executions_[key];
  }
  reach(ToolMoment::executed);
  return R"({"executed":true})";
}

std::string ToolServer::answer(const Request& request) {
  if (request.target == "/mcp") return answer_mcp(request);
  if (request.target.starts_with("/by-key/")) {
    const bool known = has_executed(request.target.substr(8));
    return known ? response(200, R"({"executed":true})") : response(404, R"({"executed":false})");
  }
  if (request.method == "POST") return response(200, execute(request.key));
  reach(ToolMoment::executed);
  return response(200, R"({"read":true})");
}

std::string ToolServer::answer_mcp(const Request& request) {
  const auto message = Json::parse(request.body, nullptr, false);
  if (!message.is_object() || !message.contains("id")) return response(202, "");
  const auto method = message.value("method", "");
  Json result = Json::object();
  if (method == "initialize") {
    result = {{"protocolVersion", "2025-06-18"},
              {"capabilities", {{"tools", Json::object()}}},
              {"serverInfo", {{"name", "test"}, {"version", "1"}}}};
  } else if (method == "tools/list") {
    result["tools"] = {listed_tool("write"), listed_tool("read")};
  } else if (method == "tools/call") {
    std::string text = R"({"read":true})";
    if (message["params"].value("name", "") == "write") {
      text = execute(request.key);
    } else {
      reach(ToolMoment::executed);
    }
    result["content"] = {{{"type", "text"}, {"text", text}}};
  }
  const Json reply{{"jsonrpc", "2.0"}, {"id", message["id"]}, {"result", result}};
  return response(200, reply.dump());
}

}  // namespace taskgate::crash

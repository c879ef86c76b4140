#pragma once
// An MCP server for tests, on the scripted upstream.

#include "unit/tools/tool_fixture.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

namespace taskgate::tools {

// A Model Context Protocol server for tests: sessions, two pages of tools, and answers to
// tools/call that a test can replace.
class ScriptedMcp {
 public:
  ScriptedMcp() {
    upstream.otherwise([this](const test::SeenRequest& seen) { return answer(seen); });
  }

  // Answers to the next tools/call, in place of "called".
  void next_call(std::function<Reply(const json& id)> reply) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(reply));
  }
  // Makes the results of tools/list, from the cursor (null for the first page).
  void replace_list(std::function<json(const json& cursor)> list) {
    const std::lock_guard lock(mutex_);
    list_ = std::move(list);
  }
  void expire_session() { ++session_; }
  void annotate(json annotations) {
    const std::lock_guard lock(mutex_);
    first_tool_["annotations"] = std::move(annotations);
  }
  void describe(const char* description) {
    const std::lock_guard lock(mutex_);
    first_tool_["description"] = description;
  }
  std::size_t count(const std::string& method) const {
    std::size_t found = 0;
    for (const auto& seen : upstream.requests()) {
      const auto body = json::parse(seen.body, nullptr, false);
      if (body.is_object() && body.value("method", "") == method) ++found;
    }
    return found;
  }
  test::SeenRequest last(const std::string& method) const {
    test::SeenRequest found;
    for (const auto& seen : upstream.requests()) {
      const auto body = json::parse(seen.body, nullptr, false);
      if (body.is_object() && body.value("method", "") == method) found = seen;
    }
    return found;
  }

  static json reply_to(const json& id, json result) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
  }
  static json text_result(const std::string& text) {
    return {{"content", json::array({{{"type", "text"}, {"text", text}}})}};
  }

  std::atomic<bool> with_sessions{true};
  std::atomic<unsigned> unknown_session_status{404};

 private:
  std::string session_id() const { return "session-" + std::to_string(session_.load()); }

  Reply answer(const test::SeenRequest& seen) {
    const auto body = json::parse(seen.body, nullptr, false);
    const std::string method = body.value("method", "");
    if (method == "initialize") {
      Reply reply = Reply::json(
          200, reply_to(body["id"], {{"protocolVersion", "2025-06-18"},
                                     {"capabilities", {{"tools", json::object()}}},
                                     {"serverInfo", {{"name", "test"}, {"version", "1"}}}})
                   .dump());
      if (with_sessions) reply.header("Mcp-Session-Id", session_id());
      return reply;
    }
    if (with_sessions && seen.header("mcp-session-id") != session_id()) {
      return Reply::json(unknown_session_status,
                         R"({"jsonrpc":"2.0","id":null,"error":{"code":-32001,
        "message":"no such session"}})");
    }
    if (seen.header("mcp-protocol-version") != "2025-06-18") return Reply::json(400, "{}");
    if (method == "notifications/initialized") return Reply::whole(202, "text/plain", "");
    if (method == "tools/list") return Reply::json(200, page(body).dump());
    if (method == "tools/call") return call(body);
    return Reply::json(400, "{}");
  }

  json page(const json& body) const {
    const std::lock_guard lock(mutex_);
    if (list_) return reply_to(body["id"], list_(body["params"].value("cursor", json())));
    if (body["params"].value("cursor", "") == "second") {
      return reply_to(
          body["id"],
          {{"tools", json::array({{{"name", "merge"}, {"inputSchema", {{"type", "object"}}}},
                                  {{"name", "broken"}, {"inputSchema", {{"type", 7}}}}})}});
    }
    return reply_to(body["id"], {{"tools", json::array({first_tool_})}, {"nextCursor", "second"}});
  }

  Reply call(const json& body) {
    const std::lock_guard lock(mutex_);
    if (calls_.empty()) {
      return Reply::json(200, reply_to(body["id"], text_result("called")).dump());
    }
    auto reply = std::move(calls_.front());
    calls_.pop_front();
    return reply(body["id"]);
  }

  mutable std::mutex mutex_;  // guards what follows
  json first_tool_ = {{"name", "lookup"},
                      {"description", "Finds a customer."},
                      {"inputSchema", json::parse(R"({"type":"object","required":["name"],
                        "properties":{"name":{"type":"string"}}})")}};
  std::deque<std::function<Reply(const json&)>> calls_;
  std::function<json(const json&)> list_;
  std::atomic<int> session_{1};

 public:
  ScriptedUpstream upstream;  // last: its thread uses everything above
};

}  // namespace taskgate::tools

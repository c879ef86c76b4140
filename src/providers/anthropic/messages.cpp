// The conversation of a request.
#include "providers/anthropic/codec.hpp"
#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::json;

json anthropic_content(const Message& message) {
  json blocks = json::array();
  for (const ContentPart& part : message.content) {
    if (!part.json.empty()) {
      json given = json::parse(part.json, nullptr, false);
      if (!given.is_discarded()) blocks.push_back(std::move(given));
    } else if (!part.text.empty()) {  // the API refuses empty texts
      blocks.push_back({{"type", "text"}, {"text", part.text}});
    }
  }
  return blocks;
}

// The protocol takes objects alone; what a model wrote instead is shown to it as what it is.
json tool_input(const std::string& arguments) {
  json input = arguments.empty() ? json::object() : json::parse(arguments, nullptr, false);
  if (!input.is_object()) input = {{"unparsed_arguments", arguments}};
  return input;
}

json assistant_blocks(const Message& message) {
  if (message.native.protocol == "anthropic") {
    json native = json::parse(message.native.json, nullptr, false);
    if (native.is_array() && !native.empty()) return native;
  }
  json blocks = anthropic_content(message);
  for (const ToolCall& call : message.tool_calls) {
    blocks.push_back({{"type", "tool_use"},
                      {"id", call.id},
                      {"name", call.name},
                      {"input", tool_input(call.arguments)}});
  }
  return blocks;
}

json tool_result(const Message& message) {
  return {{"type", "tool_result"},
          {"tool_use_id", message.tool_call_id},
          {"content", anthropic_content(message)}};
}

}  // namespace

json anthropic_messages(const ModelRequest& request) {
  json turns = json::array();
  const auto add = [&](const char* role, json blocks) {
    if (blocks.empty()) return;
    if (!turns.empty() && turns.back()["role"] == role) {
      json& content = turns.back()["content"];
      content.insert(content.end(), blocks.begin(), blocks.end());
    } else {
      turns.push_back({{"role", role}, {"content", std::move(blocks)}});
    }
  };
  for (const Message& message : request.messages) {
    if (message.role == "assistant") {
      add("assistant", assistant_blocks(message));
    } else if (message.role == "tool") {
      add("user", json::array({tool_result(message)}));
    } else if (message.role != "system") {
      add("user", anthropic_content(message));
    }
  }
  return turns;
}

}  // namespace taskgate::providers

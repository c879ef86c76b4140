#include "providers/openai_chat_codec.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::json;

json content_of(const Message& message) {
  // The plain form wherever it can say the same: some servers know no other.
  if (message.content.empty()) return "";
  if (message.content.size() == 1 && message.content.front().json.empty()) {
    return message.content.front().text;
  }
  json parts = json::array();
  for (const ContentPart& part : message.content) {
    if (part.json.empty()) {
      parts.push_back({{"type", "text"}, {"text", part.text}});
    } else {
      json parsed = json::parse(part.json, nullptr, false);
      if (!parsed.is_discarded()) parts.push_back(std::move(parsed));
    }
  }
  return parts;
}

json message_of(const Message& message) {
  json out{{"role", message.role}};
  if (message.role == "assistant" && message.content.empty() && !message.tool_calls.empty()) {
    out["content"] = nullptr;
  } else {
    out["content"] = content_of(message);
  }
  for (const ToolCall& call : message.tool_calls) {
    json function{{"name", call.name}, {"arguments", call.arguments}};
    out["tool_calls"].push_back(
        {{"id", call.id}, {"type", "function"}, {"function", std::move(function)}});
  }
  if (!message.tool_call_id.empty()) out["tool_call_id"] = message.tool_call_id;
  return out;
}

void ask_for_structure(json& body, const ModelRequest& request, const ChatDialect& dialect) {
  if (request.output_schema.empty()) return;
  if (dialect.structured_output == StructuredOutput::json_object) {
    body["response_format"] = {{"type", "json_object"}};
    return;
  }
  if (dialect.structured_output == StructuredOutput::none) return;
  json schema = json::parse(request.output_schema, nullptr, false);
  if (schema.is_discarded()) return;
  // Not strict: OpenAI's strict mode refuses most of JSON Schema; the answer is checked anyway.
  json named{{"name", "output"}, {"schema", std::move(schema)}, {"strict", false}};
  body["response_format"] = {{"type", "json_schema"}, {"json_schema", std::move(named)}};
}

}  // namespace

std::string encode_chat_request(const ModelRequest& request, const ChatDialect& dialect) {
  json body{{"model", request.model},
            {"stream", true},
            {"stream_options", {{"include_usage", true}}},
            {"messages", json::array()}};
  if (!request.instructions.empty()) {
    body["messages"].push_back({{"role", "system"}, {"content", request.instructions}});
  }
  for (const Message& message : request.messages) body["messages"].push_back(message_of(message));
  if (request.max_output_tokens) body[dialect.token_limit_field] = *request.max_output_tokens;
  if (request.temperature) body["temperature"] = *request.temperature;
  if (request.seed) body["seed"] = *request.seed;
  ask_for_structure(body, request, dialect);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace taskgate::providers

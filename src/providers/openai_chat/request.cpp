#include "providers/openai_chat/codec.hpp"
#include "providers/openai_chat/decoder.hpp"
#include "providers/openai_errors.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::json;

json chat_content(const Message& message) {
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

json chat_message(const Message& message) {
  json out{{"role", message.role}};
  if (message.role == "assistant" && message.content.empty() && !message.tool_calls.empty()) {
    out["content"] = nullptr;
  } else {
    out["content"] = chat_content(message);
  }
  for (const ToolCall& call : message.tool_calls) {
    json function{{"name", call.name}, {"arguments", call.arguments}};
    out["tool_calls"].push_back(
        {{"id", call.id}, {"type", "function"}, {"function", std::move(function)}});
  }
  if (!message.tool_call_id.empty()) out["tool_call_id"] = message.tool_call_id;
  if (message.native.protocol == "openai_chat") {
    const json more = json::parse(message.native.json, nullptr, false);
    if (more.is_object()) out.update(more);
  }
  return out;
}

void offer_chat_tools(json& body, const ModelRequest& request) {
  if (request.tools.empty()) return;
  for (const ToolSpec& tool : request.tools) {
    json function{{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    json schema = json::parse(tool.parameters, nullptr, false);
    if (schema.is_object()) function["parameters"] = std::move(schema);
    body["tools"].push_back({{"type", "function"}, {"function", std::move(function)}});
  }
  switch (request.tool_choice.kind) {
    case ToolChoice::Kind::automatic:
      break;  // the protocol's default
    case ToolChoice::Kind::none:
      body["tool_choice"] = "none";
      break;
    case ToolChoice::Kind::required:
      body["tool_choice"] = "required";
      break;
    case ToolChoice::Kind::named:
      body["tool_choice"] = {{"type", "function"},
                             {"function", {{"name", request.tool_choice.name}}}};
      break;
  }
  if (!request.tool_choice.parallel) body["parallel_tool_calls"] = false;
}

const char* chat_effort(ReasoningSettings::Effort effort) noexcept {
  switch (effort) {
    case ReasoningSettings::Effort::minimal:
      return "minimal";
    case ReasoningSettings::Effort::low:
      return "low";
    case ReasoningSettings::Effort::medium:
      return "medium";
    case ReasoningSettings::Effort::high:
      break;
  }
  return "high";
}

void set_chat_sampling(json& body, const ModelRequest& request, const ChatDialect& dialect) {
  if (request.max_output_tokens) body[dialect.token_limit_field] = *request.max_output_tokens;
  if (request.temperature) body["temperature"] = *request.temperature;
  if (request.top_p) body["top_p"] = *request.top_p;
  if (request.seed) body["seed"] = *request.seed;
  if (!request.stop.empty()) body["stop"] = request.stop;
  if (request.top_logprobs) {
    body["logprobs"] = true;
    if (*request.top_logprobs > 0) body["top_logprobs"] = *request.top_logprobs;
  }
  if (request.reasoning.effort) body["reasoning_effort"] = chat_effort(*request.reasoning.effort);
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

class OpenAiChatCodec final : public Codec {
 public:
  explicit OpenAiChatCodec(const ProviderConfig& config)
      : url_(endpoint_url(config.base_url, "/chat/completions")),
        api_key_(config.api_key),
        dialect_(dialect_of(config)) {}

  Result<WireRequest> encode(const ModelRequest& request) const override {
    WireRequest wire;
    wire.url = url_;
    if (!api_key_.empty()) {
      wire.headers.add("Authorization", "Bearer " + std::string(api_key_.reveal()));
    }
    wire.body = encode_chat_request(request, dialect_);
    if (request.reasoning.budget_tokens) wire.ignored.emplace_back("reasoning.budget_tokens");
    return wire;
  }
  std::unique_ptr<TurnDecoder> decoder(DeltaSink& sink) const override {
    return std::make_unique<OpenAiChatDecoder>(sink);
  }
  const ErrorTable& errors() const override { return openai_errors(); }
  std::vector<RateLimit> rate_limits(const net::Headers& headers, TimePoint now) const override {
    return openai_rate_limits(headers, now);
  }

 private:
  std::string url_;
  Secret api_key_;
  ChatDialect dialect_;
};

}  // namespace

std::string encode_chat_request(const ModelRequest& request, const ChatDialect& dialect) {
  json body{{"model", request.model},
            {"stream", true},
            {"stream_options", {{"include_usage", true}}},
            {"messages", json::array()}};
  if (!request.instructions.empty()) {
    body["messages"].push_back({{"role", "system"}, {"content", request.instructions}});
  }
  for (const Message& message : request.messages) body["messages"].push_back(chat_message(message));
  set_chat_sampling(body, request, dialect);
  offer_chat_tools(body, request);
  ask_for_structure(body, request, dialect);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

ChatDialect dialect_of(const ProviderConfig& config) {
  ChatDialect dialect;
  dialect.structured_output = config.structured_output;
  const auto on_host = [&](const char* host) {
    return config.base_url.find(host) != std::string::npos;
  };
  if (!config.token_limit_field.empty()) {
    dialect.token_limit_field = config.token_limit_field;
  } else if (on_host("//api.openai.com") || on_host(".azure.com")) {
    dialect.token_limit_field = "max_completion_tokens";  // max_tokens is refused by o-series
  }
  return dialect;
}

std::unique_ptr<Codec> make_openai_chat(const ProviderConfig& config) {
  return std::make_unique<OpenAiChatCodec>(config);
}

}  // namespace taskgate::providers

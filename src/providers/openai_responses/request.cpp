#include "providers/openai_errors.hpp"
#include "providers/openai_responses/codec.hpp"
#include "providers/openai_responses/decoder.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::json;

std::string plain_text(const Message& message) {
  std::string text;
  for (const ContentPart& part : message.content) text += part.text;
  return text;
}

// A string wherever it can say the same.
json input_content(const Message& message) {
  if (message.content.size() == 1 && message.content.front().json.empty()) {
    return message.content.front().text;
  }
  json parts = json::array();
  for (const ContentPart& part : message.content) {
    if (part.json.empty()) {
      parts.push_back({{"type", "input_text"}, {"text", part.text}});
    } else if (json given = json::parse(part.json, nullptr, false); !given.is_discarded()) {
      parts.push_back(std::move(given));
    }
  }
  return parts;
}

void append_assistant(json& input, const Message& message) {
  if (message.native.protocol == "openai_responses") {
    const json items = json::parse(message.native.json, nullptr, false);
    if (items.is_array() && !items.empty()) {
      input.insert(input.end(), items.begin(), items.end());
      return;
    }
  }
  const std::string text = plain_text(message);
  if (!text.empty()) input.push_back({{"role", "assistant"}, {"content", text}});
  for (const ToolCall& call : message.tool_calls) {
    input.push_back({{"type", "function_call"},
                     {"call_id", call.id},
                     {"name", call.name},
                     {"arguments", call.arguments}});
  }
}

json input_items(const ModelRequest& request) {
  json input = json::array();
  for (const Message& message : request.messages) {
    if (message.role == "assistant") {
      append_assistant(input, message);
    } else if (message.role == "tool") {
      input.push_back({{"type", "function_call_output"},
                       {"call_id", message.tool_call_id},
                       {"output", plain_text(message)}});
    } else {
      input.push_back({{"role", message.role}, {"content", input_content(message)}});
    }
  }
  return input;
}

void offer_responses_tools(json& body, const ModelRequest& request) {
  if (request.tools.empty()) return;
  for (const ToolSpec& tool : request.tools) {
    json spec{{"type", "function"}, {"name", tool.name}, {"strict", false}};
    if (!tool.description.empty()) spec["description"] = tool.description;
    json schema = json::parse(tool.parameters, nullptr, false);
    if (!schema.is_object()) schema = {{"type", "object"}, {"properties", json::object()}};
    spec["parameters"] = std::move(schema);
    body["tools"].push_back(std::move(spec));
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
      body["tool_choice"] = {{"type", "function"}, {"name", request.tool_choice.name}};
      break;
  }
  if (!request.tool_choice.parallel) body["parallel_tool_calls"] = false;
}

void ask_for_format(json& body, const ModelRequest& request, StructuredOutput structured_output) {
  if (request.output_schema.empty() || structured_output == StructuredOutput::none) return;
  if (structured_output == StructuredOutput::json_object) {
    body["text"]["format"] = {{"type", "json_object"}};
    return;
  }
  json schema = json::parse(request.output_schema, nullptr, false);
  if (schema.is_discarded()) return;
  // Not strict: the strict mode refuses most of JSON Schema; the answer is checked anyway.
  body["text"]["format"] = {{"type", "json_schema"},
                            {"name", "output"},
                            {"schema", std::move(schema)},
                            {"strict", false}};
}

const char* responses_effort(ReasoningSettings::Effort effort) noexcept {
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

void set_responses_sampling(json& body,
                            const ModelRequest& request,
                            std::vector<std::string>& ignored) {
  const bool thinks = is_reasoning_model(request.model);
  if (request.max_output_tokens) body["max_output_tokens"] = *request.max_output_tokens;
  const auto set = [&](const char* name, const std::optional<double>& value) {
    if (!value) return;
    if (thinks) {
      ignored.emplace_back(name);
    } else {
      body[name] = *value;
    }
  };
  set("temperature", request.temperature);
  set("top_p", request.top_p);
  if (request.seed) ignored.emplace_back("seed");
  if (!request.stop.empty()) ignored.emplace_back("stop");
  if (thinks) {
    body["include"].push_back("reasoning.encrypted_content");
    if (request.top_logprobs) ignored.emplace_back("top_logprobs");
  } else if (request.top_logprobs) {
    body["include"].push_back("message.output_text.logprobs");
    body["top_logprobs"] = *request.top_logprobs;
  }
  if (request.reasoning.effort) {
    body["reasoning"] = {{"effort", responses_effort(*request.reasoning.effort)},
                         {"summary", "auto"}};
  }
  if (request.reasoning.budget_tokens) ignored.emplace_back("reasoning.budget_tokens");
}

class OpenAiResponsesCodec final : public Codec {
 public:
  explicit OpenAiResponsesCodec(const ProviderConfig& config)
      : url_(endpoint_url(config.base_url, "/responses")),
        api_key_(config.api_key),
        structured_output_(config.structured_output) {}

  Result<WireRequest> encode(const ModelRequest& request) const override {
    WireRequest wire;
    wire.url = url_;
    if (!api_key_.empty()) {
      wire.headers.add("Authorization", "Bearer " + std::string(api_key_.reveal()));
    }
    wire.body = encode_responses_request(request, structured_output_, wire.ignored);
    return wire;
  }
  std::unique_ptr<TurnDecoder> decoder(DeltaSink& sink) const override {
    return std::make_unique<OpenAiResponsesDecoder>(sink);
  }
  const ErrorTable& errors() const override { return openai_errors(); }
  std::vector<RateLimit> rate_limits(const net::Headers& headers, TimePoint now) const override {
    return openai_rate_limits(headers, now);
  }

 private:
  std::string url_;
  Secret api_key_;
  StructuredOutput structured_output_;
};

}  // namespace

bool is_reasoning_model(std::string_view model) noexcept {
  if (model.starts_with("gpt-5-chat")) return false;
  for (const std::string_view family : {"o1", "o3", "o4", "gpt-5", "gpt-6", "codex-"}) {
    if (model.starts_with(family)) return true;
  }
  return false;
}

std::string encode_responses_request(const ModelRequest& request,
                                     StructuredOutput structured_output,
                                     std::vector<std::string>& ignored) {
  json body{{"model", request.model},
            {"stream", true},
            {"store", false},
            {"input", input_items(request)}};
  if (!request.instructions.empty()) body["instructions"] = request.instructions;
  set_responses_sampling(body, request, ignored);
  ask_for_format(body, request, structured_output);
  offer_responses_tools(body, request);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::unique_ptr<Codec> make_openai_responses(const ProviderConfig& config) {
  return std::make_unique<OpenAiResponsesCodec>(config);
}

}  // namespace taskgate::providers

#include "providers/gemini/codec.hpp"
#include "providers/gemini/decoder.hpp"
#include "providers/gemini/errors.hpp"
#include "providers/schema_subset.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::json;

// ai.google.dev/api/generate-content, GenerationConfig.responseJsonSchema.
constexpr std::string_view kGeminiKeywords[] = {
    "$id",      "$defs",    "$ref",        "$anchor",  "type",
    "format",   "title",    "description", "enum",     "items",
    "minItems", "maxItems", "prefixItems", "minimum",  "maximum",
    "anyOf",    "oneOf",    "properties",  "required", "additionalProperties",
    "$schema",
};

json gemini_parts(const Message& message) {
  json parts = json::array();
  for (const ContentPart& part : message.content) {
    if (part.json.empty()) {
      parts.push_back({{"text", part.text}});
    } else if (json given = json::parse(part.json, nullptr, false); !given.is_discarded()) {
      parts.push_back(std::move(given));
    }
  }
  return parts;
}

bool is_own_id(std::string_view id) noexcept {
  return id.empty() || id.starts_with(kOwnCallId);
}

json model_parts(const Message& message) {
  if (message.native.protocol == "gemini") {
    json native = json::parse(message.native.json, nullptr, false);
    if (native.is_array() && !native.empty()) return native;
  }
  json parts = gemini_parts(message);
  for (const ToolCall& call : message.tool_calls) {
    json args =
        call.arguments.empty() ? json::object() : json::parse(call.arguments, nullptr, false);
    if (!args.is_object()) args = {{"unparsed_arguments", call.arguments}};
    json function{{"name", call.name}, {"args", std::move(args)}};
    if (!is_own_id(call.id)) function["id"] = call.id;
    parts.push_back({{"functionCall", std::move(function)}});
  }
  return parts;
}

// A result names the function that was called; our messages name the call.
std::string name_of_call(const std::vector<Message>& messages,
                         std::size_t before,
                         const std::string& id) {
  for (std::size_t at = before; at-- > 0;) {
    for (const ToolCall& call : messages[at].tool_calls) {
      if (call.id == id) return call.name;
    }
  }
  return "unknown";
}

json function_response(const ModelRequest& request, std::size_t at) {
  const Message& message = request.messages[at];
  std::string text;
  for (const ContentPart& part : message.content) text += part.text;
  json answer = json::parse(text, nullptr, false);
  if (!answer.is_object()) answer = {{"result", text}};
  json response{{"name", name_of_call(request.messages, at, message.tool_call_id)},
                {"response", std::move(answer)}};
  if (!is_own_id(message.tool_call_id)) response["id"] = message.tool_call_id;
  return {{"functionResponse", std::move(response)}};
}

json gemini_contents(const ModelRequest& request) {
  json contents = json::array();
  const auto add = [&](const char* role, json parts) {
    if (parts.empty()) return;
    if (!contents.empty() && contents.back()["role"] == role) {
      json& earlier = contents.back()["parts"];
      earlier.insert(earlier.end(), parts.begin(), parts.end());
    } else {
      contents.push_back({{"role", role}, {"parts", std::move(parts)}});
    }
  };
  for (std::size_t at = 0; at < request.messages.size(); ++at) {
    const Message& message = request.messages[at];
    if (message.role == "assistant") {
      add("model", model_parts(message));
    } else if (message.role == "tool") {
      add("user", json::array({function_response(request, at)}));
    } else if (message.role != "system") {
      add("user", gemini_parts(message));
    }
  }
  return contents;
}

json system_parts(const ModelRequest& request) {
  json parts = json::array();
  if (!request.instructions.empty()) parts.push_back({{"text", request.instructions}});
  for (const Message& message : request.messages) {
    if (message.role != "system") continue;
    for (json& part : gemini_parts(message)) parts.push_back(std::move(part));
  }
  return parts;
}

// JSON mode where it goes together with the rest of the request, else words.
void ask_gemini_for_json(json& generation, json& system, const ModelRequest& request) {
  if (request.output_schema.empty()) return;
  // Models before Gemini 3 refuse JSON mode beside tools.
  const bool json_mode = request.tools.empty();
  if (json_mode) generation["responseMimeType"] = "application/json";
  json schema = json::parse(request.output_schema, nullptr, false);
  const SchemaSubset subset{kGeminiKeywords, false};
  if (json_mode && !schema.is_discarded() && is_within(schema, subset)) {
    schema.erase("$schema");
    generation["responseJsonSchema"] = std::move(schema);
    return;
  }
  system.push_back({{"text", schema_instruction(request.output_schema)}});
}

// Gemini 3 counts in levels, 2.5 in tokens (-1: as it likes).
void set_gemini_thinking(json& generation, const ModelRequest& request) {
  using Effort = ReasoningSettings::Effort;
  if (!request.reasoning.is_set()) return;
  json thinking{{"includeThoughts", true}};
  const auto effort = request.reasoning.effort.value_or(Effort::medium);
  const bool in_tokens =
      request.model.starts_with("gemini-2") || request.model.starts_with("models/gemini-2");
  if (request.reasoning.budget_tokens) {
    thinking["thinkingBudget"] = *request.reasoning.budget_tokens;
  } else if (in_tokens) {
    const int budget = effort == Effort::minimal ? 512
                       : effort == Effort::low   ? 2048
                       : effort == Effort::high  ? 24'576
                                                 : 8192;
    thinking["thinkingBudget"] = budget;
  } else {
    thinking["thinkingLevel"] = effort == Effort::medium || effort == Effort::high ? "high" : "low";
  }
  generation["thinkingConfig"] = std::move(thinking);
}

void set_gemini_sampling(json& generation, const ModelRequest& request) {
  if (request.max_output_tokens) generation["maxOutputTokens"] = *request.max_output_tokens;
  if (request.temperature) generation["temperature"] = *request.temperature;
  if (request.top_p) generation["topP"] = *request.top_p;
  if (request.seed) generation["seed"] = *request.seed;
  if (!request.stop.empty()) generation["stopSequences"] = request.stop;
  if (request.top_logprobs) {
    generation["responseLogprobs"] = true;
    if (*request.top_logprobs > 0) generation["logprobs"] = *request.top_logprobs;
  }
}

void offer_gemini_tools(json& body,
                        const ModelRequest& request,
                        std::vector<std::string>& ignored) {
  if (request.tools.empty()) return;
  json declarations = json::array();
  for (const ToolSpec& tool : request.tools) {
    json function{{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    json schema = json::parse(tool.parameters, nullptr, false);
    if (schema.is_object()) function["parametersJsonSchema"] = std::move(schema);
    declarations.push_back(std::move(function));
  }
  body["tools"] = json::array({{{"functionDeclarations", std::move(declarations)}}});
  json calling;
  switch (request.tool_choice.kind) {
    case ToolChoice::Kind::automatic:
      calling["mode"] = "AUTO";
      break;
    case ToolChoice::Kind::none:
      calling["mode"] = "NONE";
      break;
    case ToolChoice::Kind::required:
      calling["mode"] = "ANY";
      break;
    case ToolChoice::Kind::named:
      calling["mode"] = "ANY";
      calling["allowedFunctionNames"] = json::array({request.tool_choice.name});
      break;
  }
  body["toolConfig"]["functionCallingConfig"] = std::move(calling);
  if (!request.tool_choice.parallel) ignored.emplace_back("tool_choice.parallel");
}

class GeminiCodec final : public Codec {
 public:
  explicit GeminiCodec(const ProviderConfig& config)
      : base_url_(config.base_url), api_key_(config.api_key) {}

  Result<WireRequest> encode(const ModelRequest& request) const override {
    WireRequest wire;
    wire.url = gemini_url(base_url_, request.model);
    // Never as ?key=…: a URL ends up in logs.
    if (!api_key_.empty()) wire.headers.add("x-goog-api-key", std::string(api_key_.reveal()));
    wire.body = encode_gemini_request(request, wire.ignored);
    return wire;
  }
  std::unique_ptr<TurnDecoder> decoder(DeltaSink& sink) const override {
    return std::make_unique<GeminiDecoder>(sink);
  }
  const ErrorTable& errors() const override { return gemini_errors(); }
  std::vector<RateLimit> rate_limits(const net::Headers&, TimePoint) const override { return {}; }

 private:
  std::string base_url_;
  Secret api_key_;
};

}  // namespace

std::string gemini_url(std::string_view base_url, std::string_view model) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string path = "/models/";
  for (const std::string_view collection : {"models/", "tunedModels/"}) {
    if (!model.starts_with(collection)) continue;
    path = '/' + std::string(collection);
    model.remove_prefix(collection.size());
    break;
  }
  for (const char c : model) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      path += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      path += '%';
      path += kHex[byte >> 4];
      path += kHex[byte & 0x0F];
    }
  }
  return endpoint_url(base_url, path + ":streamGenerateContent", "alt=sse");
}

std::string encode_gemini_request(const ModelRequest& request, std::vector<std::string>& ignored) {
  json body{{"contents", gemini_contents(request)}};
  json generation = json::object();
  json system = system_parts(request);
  set_gemini_sampling(generation, request);
  set_gemini_thinking(generation, request);
  ask_gemini_for_json(generation, system, request);
  offer_gemini_tools(body, request, ignored);
  if (!system.empty()) body["systemInstruction"]["parts"] = std::move(system);
  if (!generation.empty()) body["generationConfig"] = std::move(generation);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::unique_ptr<Codec> make_gemini(const ProviderConfig& config) {
  return std::make_unique<GeminiCodec>(config);
}

}  // namespace taskgate::providers

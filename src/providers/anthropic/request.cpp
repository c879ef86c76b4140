#include "providers/anthropic/codec.hpp"
#include "providers/anthropic/decoder.hpp"
#include "providers/anthropic/errors.hpp"
#include "providers/schema_subset.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::json;
using Thinking = ClaudeTraits::Thinking;

constexpr const char* kApiVersion = "2023-06-01";
constexpr int kLeastBudget = 1024;

// The first prefix that fits decides; models that are not known are taken to be newer than these.
constexpr ClaudeTraits kClaudes[] = {
    {"claude-3-haiku", 4096, Thinking::none, false, true},
    {"claude-3-opus", 4096, Thinking::none, false, true},
    {"claude-3-5-", 8192, Thinking::none, false, true},
    {"claude-3-7-", 64000, Thinking::budget, false, true},
    {"claude-opus-4-2025", 32000, Thinking::budget, false, true},
    {"claude-opus-4-0", 32000, Thinking::budget, false, true},
    {"claude-opus-4-1", 32000, Thinking::budget, false, true},
    {"claude-sonnet-4-2025", 64000, Thinking::budget, false, true},
    {"claude-sonnet-4-0", 64000, Thinking::budget, false, true},
    {"claude-opus-4-5", 64000, Thinking::budget, true, true},
    {"claude-sonnet-4-5", 64000, Thinking::budget, true, true},
    {"claude-haiku-4-5", 64000, Thinking::budget, true, true},
    {"claude-opus-4-6", 64000, Thinking::adaptive, true, true},
    {"claude-sonnet-4-6", 64000, Thinking::adaptive, true, true},
    {"claude-", 64000, Thinking::adaptive, true, false},
    {"", 8192, Thinking::budget, false, true},  // another maker's model behind this protocol
};

constexpr std::string_view kSchemaKeywords[] = {
    "type",        "properties", "required", "additionalProperties",
    "items",       "enum",       "const",    "anyOf",
    "description", "title",      "default",  "$schema",
};

std::string system_text(const ModelRequest& request) {
  std::string text = request.instructions;
  for (const Message& message : request.messages) {
    if (message.role != "system") continue;
    for (const ContentPart& part : message.content) {
      if (!text.empty() && !part.text.empty()) text += "\n\n";
      text += part.text;
    }
  }
  return text;
}

// Puts the schema into output_config, or else into words.
void ask_for_json(json& body,
                  const ModelRequest& request,
                  const ClaudeTraits& claude,
                  std::string& system) {
  if (request.output_schema.empty()) return;
  json schema = json::parse(request.output_schema, nullptr, false);
  const SchemaSubset subset{kSchemaKeywords, true};
  if (claude.json_schema && !schema.is_discarded() && is_within(schema, subset)) {
    schema.erase("$schema");
    body["output_config"]["format"] = {{"type", "json_schema"}, {"schema", std::move(schema)}};
    return;
  }
  if (!system.empty()) system += "\n\n";
  system += schema_instruction(request.output_schema);
}

int budget_of(const ReasoningSettings& reasoning) {
  if (reasoning.budget_tokens) return std::max(kLeastBudget, *reasoning.budget_tokens);
  switch (reasoning.effort.value_or(ReasoningSettings::Effort::medium)) {
    case ReasoningSettings::Effort::minimal:
      return kLeastBudget;
    case ReasoningSettings::Effort::low:
      return 2048;
    case ReasoningSettings::Effort::medium:
      return 8192;
    case ReasoningSettings::Effort::high:
      break;
  }
  return 16384;
}

const char* claude_effort(ReasoningSettings::Effort effort) noexcept {
  if (effort == ReasoningSettings::Effort::high) return "high";
  return effort == ReasoningSettings::Effort::medium ? "medium" : "low";
}

bool forces_a_tool(const ModelRequest& request) noexcept {
  return !request.tools.empty() && (request.tool_choice.kind == ToolChoice::Kind::required ||
                                    request.tool_choice.kind == ToolChoice::Kind::named);
}

// Returns whether the model thinks.
bool set_thinking(json& body,
                  const ModelRequest& request,
                  const ClaudeTraits& claude,
                  std::vector<std::string>& ignored) {
  if (!request.reasoning.is_set()) return false;
  // The API refuses a forced tool beside thinking.
  if (claude.thinking == Thinking::none || forces_a_tool(request)) {
    ignored.emplace_back("reasoning");
    return false;
  }
  if (claude.thinking == Thinking::adaptive) {
    body["thinking"] = {{"type", "adaptive"}};
    if (request.reasoning.budget_tokens) ignored.emplace_back("reasoning.budget_tokens");
    if (request.reasoning.effort) {
      body["output_config"]["effort"] = claude_effort(*request.reasoning.effort);
    }
    return true;
  }
  // max_tokens counts thoughts too and must exceed the budget.
  const int most = claude.max_output_tokens;
  const int answer = request.max_output_tokens.value_or(most);
  const int budget = std::min(budget_of(request.reasoning), most - 1);
  body["thinking"] = {{"type", "enabled"}, {"budget_tokens", budget}};
  body["max_tokens"] = answer > most - budget ? most : answer + budget;
  return true;
}

void set_claude_sampling(json& body,
                         const ModelRequest& request,
                         bool allowed,
                         std::vector<std::string>& ignored) {
  if (request.temperature && allowed) body["temperature"] = std::min(*request.temperature, 1.0);
  if (request.temperature && (!allowed || *request.temperature > 1.0)) {
    ignored.emplace_back("temperature");
  }
  // One of the two at most: newer models refuse both together.
  if (request.top_p && allowed && !request.temperature) {
    body["top_p"] = *request.top_p;
  } else if (request.top_p) {
    ignored.emplace_back("top_p");
  }
  if (!request.stop.empty()) body["stop_sequences"] = request.stop;
  if (request.seed) ignored.emplace_back("seed");
  if (request.top_logprobs) ignored.emplace_back("top_logprobs");
}

void offer_claude_tools(json& body, const ModelRequest& request) {
  if (request.tools.empty()) return;
  for (const ToolSpec& tool : request.tools) {
    json spec{{"name", tool.name}};
    if (!tool.description.empty()) spec["description"] = tool.description;
    json schema = json::parse(tool.parameters, nullptr, false);
    if (!schema.is_object()) schema = {{"type", "object"}, {"properties", json::object()}};
    spec["input_schema"] = std::move(schema);
    body["tools"].push_back(std::move(spec));
  }
  json choice;
  switch (request.tool_choice.kind) {
    case ToolChoice::Kind::automatic:
      choice["type"] = "auto";
      break;
    case ToolChoice::Kind::none:
      choice["type"] = "none";
      break;
    case ToolChoice::Kind::required:
      choice["type"] = "any";
      break;
    case ToolChoice::Kind::named:
      choice["type"] = "tool";
      choice["name"] = request.tool_choice.name;
      break;
  }
  const bool single =
      !request.tool_choice.parallel && request.tool_choice.kind != ToolChoice::Kind::none;
  if (single) choice["disable_parallel_tool_use"] = true;
  body["tool_choice"] = std::move(choice);
}

class AnthropicCodec final : public Codec {
 public:
  explicit AnthropicCodec(const ProviderConfig& config)
      : url_(endpoint_url(config.base_url, "/messages")), api_key_(config.api_key) {}

  Result<WireRequest> encode(const ModelRequest& request) const override {
    WireRequest wire;
    wire.url = url_;
    wire.headers.add("anthropic-version", kApiVersion);
    if (!api_key_.empty()) wire.headers.add("x-api-key", std::string(api_key_.reveal()));
    wire.body = encode_anthropic_request(request, wire.ignored);
    return wire;
  }
  std::unique_ptr<TurnDecoder> decoder(DeltaSink& sink) const override {
    return std::make_unique<AnthropicDecoder>(sink);
  }
  const ErrorTable& errors() const override { return anthropic_errors(); }
  std::vector<RateLimit> rate_limits(const net::Headers& headers, TimePoint now) const override {
    return anthropic_rate_limits(headers, now);
  }

 private:
  std::string url_;
  Secret api_key_;
};

}  // namespace

const ClaudeTraits& claude_traits(std::string_view model) {
  return *std::find_if(std::begin(kClaudes), std::end(kClaudes), [&](const ClaudeTraits& claude) {
    return model.starts_with(claude.prefix);
  });
}

std::string encode_anthropic_request(const ModelRequest& request,
                                     std::vector<std::string>& ignored) {
  const ClaudeTraits& claude = claude_traits(request.model);
  json body{{"model", request.model},
            {"stream", true},
            {"max_tokens", request.max_output_tokens.value_or(claude.max_output_tokens)},
            {"messages", anthropic_messages(request)}};
  std::string system = system_text(request);
  ask_for_json(body, request, claude, system);
  if (!system.empty()) body["system"] = std::move(system);
  const bool thinks = set_thinking(body, request, claude, ignored);
  set_claude_sampling(body, request, claude.sampling && !thinks, ignored);
  offer_claude_tools(body, request);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::unique_ptr<Codec> make_anthropic(const ProviderConfig& config) {
  return std::make_unique<AnthropicCodec>(config);
}

}  // namespace taskgate::providers

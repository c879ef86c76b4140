// What each protocol writes for the same request: the wire forms side by side.
#include "providers/anthropic/codec.hpp"
#include "providers/gemini/codec.hpp"
#include "providers/openai_chat/codec.hpp"
#include "providers/openai_responses/codec.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

// Of its own: the helpers have everyday names, and a unity build merges the folder.
namespace taskgate::providers::codec_requests {
namespace {

using nlohmann::json;

ProviderConfig configured() {
  ProviderConfig config;
  config.base_url = "https://h/v1";
  config.api_key = Secret("k-secret");
  return config;
}

Message text_message(std::string role, std::string text) {
  Message message;
  message.role = std::move(role);
  message.content.emplace_back();
  message.content.back().text = std::move(text);
  return message;
}

/// A conversation that has called a tool, and everything that can be set.
ModelRequest full_request(std::string model) {
  ModelRequest request;
  request.model = std::move(model);
  request.instructions = "be brief";
  request.messages.push_back(text_message("user", "weather?"));
  Message assistant;
  assistant.role = "assistant";
  ToolCall call;
  call.id = "call_1";
  call.name = "weather";
  call.arguments = R"({"city":"Rome"})";
  assistant.tool_calls.push_back(call);
  request.messages.push_back(assistant);
  Message tool = text_message("tool", "sunny");
  tool.tool_call_id = "call_1";
  request.messages.push_back(tool);
  ToolSpec spec;
  spec.name = "weather";
  spec.description = "of a city";
  spec.parameters = R"({"type":"object"})";
  request.tools.push_back(spec);
  request.max_output_tokens = 100;
  request.temperature = 0.5;
  request.seed = 7;
  request.stop = {"END"};
  return request;
}

json body_of(const Codec& codec, const ModelRequest& request) {
  return json::parse(codec.encode(request)->body);
}

bool is_ignored(const Codec& codec, const ModelRequest& request, const char* name) {
  const auto ignored = codec.encode(request)->ignored;
  return std::find(ignored.begin(), ignored.end(), name) != ignored.end();
}

TEST(ChatWire, OffersTools) {
  const auto codec = make_openai_chat(configured());
  ModelRequest request = full_request("m");
  request.tool_choice.kind = ToolChoice::Kind::named;
  request.tool_choice.name = "weather";
  request.tool_choice.parallel = false;
  request.top_logprobs = 3;
  request.reasoning.effort = ReasoningSettings::Effort::low;

  const json body = body_of(*codec, request);

  EXPECT_EQ(body["tools"], json::parse(R"([{"type":"function","function":{"name":"weather",
    "description":"of a city","parameters":{"type":"object"}}}])"));
  EXPECT_EQ(body["tool_choice"],
            json::parse(R"({"type":"function","function":{"name":"weather"}})"));
  EXPECT_EQ(body["parallel_tool_calls"], false);
  EXPECT_EQ(body["stop"], json::parse(R"(["END"])"));
  EXPECT_EQ(body["logprobs"], true);
  EXPECT_EQ(body["top_logprobs"], 3);
  EXPECT_EQ(body["reasoning_effort"], "low");
}

TEST(ResponsesWire, WritesItems) {
  const auto codec = make_openai_responses(configured());
  const ModelRequest request = full_request("gpt-4.1");

  const auto wire = codec->encode(request);
  const json body = json::parse(wire->body);

  EXPECT_EQ(wire->url, "https://h/v1/responses");
  EXPECT_EQ(wire->headers.find("authorization"), "Bearer k-secret");
  EXPECT_EQ(body["input"], json::parse(R"([{"role":"user","content":"weather?"},
    {"type":"function_call","call_id":"call_1","name":"weather","arguments":"{\"city\":\"Rome\"}"},
    {"type":"function_call_output","call_id":"call_1","output":"sunny"}])"));
  EXPECT_EQ(body["instructions"], "be brief");
  EXPECT_EQ(body["stream"], true);
  EXPECT_EQ(body["store"], false);
  EXPECT_EQ(body["temperature"], 0.5);
  EXPECT_EQ(body["max_output_tokens"], 100);
  EXPECT_TRUE(is_ignored(*codec, request, "seed"));
  EXPECT_TRUE(is_ignored(*codec, request, "stop"));
}

TEST(ResponsesWire, AModelThatThinksGetsItsReasoningBackAndNoTemperature) {
  const auto codec = make_openai_responses(configured());
  ModelRequest request = full_request("gpt-5-mini");
  request.reasoning.effort = ReasoningSettings::Effort::high;

  const json body = body_of(*codec, request);

  EXPECT_EQ(body["include"], json::parse(R"(["reasoning.encrypted_content"])"));
  EXPECT_EQ(body["reasoning"]["effort"], "high");
  EXPECT_FALSE(body.contains("temperature"));
  EXPECT_TRUE(is_ignored(*codec, request, "temperature"));
}

TEST(AnthropicWire, WritesTurns) {
  const auto codec = make_anthropic(configured());
  ModelRequest request = full_request("claude-sonnet-4-5-20250929");
  request.messages.push_back(text_message("user", "and now?"));
  request.tool_choice.kind = ToolChoice::Kind::required;
  request.tool_choice.parallel = false;

  const auto wire = codec->encode(request);
  const json body = json::parse(wire->body);

  EXPECT_EQ(wire->url, "https://h/v1/messages");
  EXPECT_EQ(wire->headers.find("x-api-key"), "k-secret");
  EXPECT_EQ(wire->headers.find("anthropic-version"), "2023-06-01");
  EXPECT_EQ(body["system"], "be brief");
  EXPECT_EQ(body["messages"], json::parse(R"([
    {"role":"user","content":[{"type":"text","text":"weather?"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"weather","input":{"city":"Rome"}}]},
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"call_1","content":[{"type":"text","text":"sunny"}]},
      {"type":"text","text":"and now?"}]}])"));
  EXPECT_EQ(body["tools"], json::parse(R"([{"name":"weather","description":"of a city",
    "input_schema":{"type":"object"}}])"));
  EXPECT_EQ(body["tool_choice"], json::parse(R"({"type":"any","disable_parallel_tool_use":true})"));
  EXPECT_EQ(body["max_tokens"], 100);
  EXPECT_EQ(body["stop_sequences"], json::parse(R"(["END"])"));
  EXPECT_TRUE(is_ignored(*codec, request, "seed"));
}

TEST(AnthropicWire, AlwaysBoundsTheAnswer) {
  const auto codec = make_anthropic(configured());
  ModelRequest request;
  for (const auto& [model, bound] :
       std::initializer_list<std::pair<const char*, int>>{{"claude-3-haiku-20240307", 4096},
                                                          {"claude-sonnet-4-5", 64000},
                                                          {"claude-next", 64000},
                                                          {"other", 8192}}) {
    request.model = model;
    EXPECT_EQ(body_of(*codec, request)["max_tokens"], bound) << model;
  }
}

TEST(AnthropicWire, ThinksAsTheModelCan) {
  const auto codec = make_anthropic(configured());
  ModelRequest request = full_request("claude-sonnet-4-5");
  request.reasoning.budget_tokens = 2000;

  const json budget = body_of(*codec, request);
  EXPECT_EQ(budget["thinking"], json::parse(R"({"type":"enabled","budget_tokens":2000})"));
  EXPECT_EQ(budget["max_tokens"], 2100);         // thoughts count
  EXPECT_FALSE(budget.contains("temperature"));  // refused beside thinking
  request.model = "claude-opus-4-7";
  request.reasoning.effort = ReasoningSettings::Effort::low;
  const json adaptive = body_of(*codec, request);
  EXPECT_EQ(adaptive["thinking"], json::parse(R"({"type":"adaptive"})"));
  EXPECT_EQ(adaptive["output_config"]["effort"], "low");
  request.tool_choice.kind = ToolChoice::Kind::required;
  EXPECT_FALSE(body_of(*codec, request).contains("thinking"));
  EXPECT_TRUE(is_ignored(*codec, request, "reasoning"));
}

TEST(AnthropicWire, AsksForJsonByFormatWhereTheSchemaAllowsElseInWords) {
  const auto codec = make_anthropic(configured());
  ModelRequest request;
  request.model = "claude-sonnet-4-5";
  request.output_schema =
      R"({"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false})";
  EXPECT_EQ(body_of(*codec, request)["output_config"]["format"]["type"], "json_schema");
  for (const char* outside : {R"({"type":"object"})",  // open
                              R"({"type":"string","minLength":3})", R"({"$ref":"#/$defs/x"})"}) {
    request.output_schema = outside;
    const json body = body_of(*codec, request);
    EXPECT_FALSE(body.contains("output_config")) << outside;
    EXPECT_NE(body["system"].get<std::string>().find(outside), std::string::npos) << outside;
  }
}

TEST(GeminiWire, WritesContents) {
  const auto codec = make_gemini(configured());
  ModelRequest request = full_request("gemini-2.5-flash");
  request.tool_choice.kind = ToolChoice::Kind::named;
  request.tool_choice.name = "weather";

  const auto wire = codec->encode(request);
  const json body = json::parse(wire->body);

  EXPECT_EQ(wire->url, "https://h/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  EXPECT_EQ(wire->headers.find("x-goog-api-key"), "k-secret");
  EXPECT_EQ(wire->url.find("k-secret"), std::string::npos);
  EXPECT_EQ(body["contents"], json::parse(R"([
    {"role":"user","parts":[{"text":"weather?"}]},
    {"role":"model","parts":[{"functionCall":{"id":"call_1","name":"weather","args":{"city":"Rome"}}}]},
    {"role":"user","parts":[{"functionResponse":{"id":"call_1","name":"weather",
      "response":{"result":"sunny"}}}]}])"));
  EXPECT_EQ(body["systemInstruction"], json::parse(R"({"parts":[{"text":"be brief"}]})"));
  EXPECT_EQ(
      body["generationConfig"],
      json::parse(R"({"maxOutputTokens":100,"temperature":0.5,"seed":7,"stopSequences":["END"]})"));
  EXPECT_EQ(body["toolConfig"]["functionCallingConfig"],
            json::parse(R"({"mode":"ANY","allowedFunctionNames":["weather"]})"));
  EXPECT_EQ(body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]["type"], "object");
}

TEST(GeminiWire, OurOwnCallIdsStayHere) {
  const auto codec = make_gemini(configured());
  ModelRequest request = full_request("gemini-2.5-flash");
  request.messages[1].tool_calls[0].id = "tg-call-1-r";
  request.messages[2].tool_call_id = "tg-call-1-r";

  const std::string body = codec->encode(request)->body;

  EXPECT_EQ(body.find("tg-call"), std::string::npos);
  EXPECT_NE(body.find(R"("functionResponse":{"name":"weather")"), std::string::npos);
}

TEST(GeminiWire, AModelsNameCannotLeaveItsPlace) {
  EXPECT_EQ(gemini_url("https://h/v1beta", "tunedModels/x"),
            "https://h/v1beta/tunedModels/x:streamGenerateContent?alt=sse");
  EXPECT_EQ(gemini_url("https://h/v1beta", "../../a?b#c d"),
            "https://h/v1beta/models/..%2F..%2Fa%3Fb%23c%20d:streamGenerateContent?alt=sse");
}

TEST(GeminiWire, AsksForJsonByModeWhereItCan) {
  const auto codec = make_gemini(configured());
  ModelRequest request;
  request.model = "gemini-2.5-flash";
  request.output_schema = R"({"type":"object","properties":{"a":{"type":"integer","minimum":1}}})";
  EXPECT_TRUE(body_of(*codec, request)["generationConfig"].contains("responseJsonSchema"));
  request.output_schema = R"({"type":"string","pattern":"^a"})";
  const json body = body_of(*codec, request);
  EXPECT_EQ(body["generationConfig"]["responseMimeType"], "application/json");
  EXPECT_FALSE(body["generationConfig"].contains("responseJsonSchema"));
  EXPECT_NE(body.dump().find("JSON Schema"), std::string::npos);
}

TEST(EveryWire, SurvivesTextThatIsNotUtf8) {
  ModelRequest request;
  request.model = "m";
  request.messages.push_back(text_message("user", "a\xFF\"\n"));
  for (const MakeCodec make :
       {make_openai_chat, make_openai_responses, make_anthropic, make_gemini}) {
    const auto wire = make(configured())->encode(request);
    EXPECT_TRUE(json::accept(wire->body)) << wire->body;
    EXPECT_NE(wire->body.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

}  // namespace
}  // namespace taskgate::providers::codec_requests

#include "providers/openai_chat/codec.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::providers {
namespace {

using nlohmann::json;

Message text_message(std::string role, std::string text) {
  Message message;
  message.role = std::move(role);
  ContentPart part;
  part.text = std::move(text);
  message.content.push_back(std::move(part));
  return message;
}

json encoded(const ModelRequest& request, const ChatDialect& dialect = {}) {
  return json::parse(encode_chat_request(request, dialect));
}

TEST(OpenAiChatRequest, AsksForAStreamWithUsage) {
  ModelRequest request;
  request.model = "m";
  request.instructions = "be brief";
  request.messages.push_back(text_message("user", "hello"));

  EXPECT_EQ(encoded(request), json::parse(R"({
    "model":"m","stream":true,"stream_options":{"include_usage":true},
    "messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hello"}]})"));
}

TEST(OpenAiChatRequest, SendsOptionsOnlyWhenSet) {
  ModelRequest request;
  request.max_output_tokens = 50;
  request.temperature = 0.5;
  request.seed = 7;
  ChatDialect openai;
  openai.token_limit_field = "max_completion_tokens";

  EXPECT_EQ(encoded(request)["max_tokens"], 50);
  EXPECT_EQ(encoded(request)["temperature"], 0.5);
  EXPECT_EQ(encoded(request)["seed"], 7);
  EXPECT_EQ(encoded(request, openai)["max_completion_tokens"], 50);
  EXPECT_FALSE(encoded(ModelRequest()).contains("seed"));
}

TEST(OpenAiChatRequest, CarriesToolCallsAndTheirAnswers) {
  ModelRequest request;
  Message assistant;
  assistant.role = "assistant";
  ToolCall call;
  call.id = "call_1";
  call.name = "f";
  call.arguments = "{\"a\":1}";
  assistant.tool_calls.push_back(call);
  request.messages.push_back(assistant);
  Message tool = text_message("tool", "42");
  tool.tool_call_id = "call_1";
  request.messages.push_back(tool);

  EXPECT_EQ(encoded(request)["messages"], json::parse(R"([
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
    {"role":"tool","content":"42","tool_call_id":"call_1"}])"));
}

TEST(OpenAiChatRequest, KeepsPartsThatAreNotText) {
  ModelRequest request;
  Message message = text_message("user", "what is this?");
  ContentPart image;
  image.json = R"({"type":"image_url","image_url":{"url":"https://x/"}})";
  message.content.push_back(image);
  request.messages.push_back(message);

  EXPECT_EQ(encoded(request)["messages"][0]["content"], json::parse(R"([
    {"type":"text","text":"what is this?"},
    {"type":"image_url","image_url":{"url":"https://x/"}}])"));
}

TEST(OpenAiChatRequest, AsksForStructureAsTheDialectKnowsIt) {
  ModelRequest request;
  request.output_schema = R"({"type":"object"})";
  ChatDialect object;
  object.structured_output = StructuredOutput::json_object;
  ChatDialect none;
  none.structured_output = StructuredOutput::none;

  EXPECT_EQ(encoded(request)["response_format"], json::parse(R"({"type":"json_schema",
    "json_schema":{"name":"output","schema":{"type":"object"},"strict":false}})"));
  EXPECT_EQ(encoded(request, object)["response_format"], json::parse(R"({"type":"json_object"})"));
  EXPECT_FALSE(encoded(request, none).contains("response_format"));
}

TEST(OpenAiChatRequest, SurvivesTextThatIsNotUtf8) {
  ModelRequest request;
  request.messages.push_back(text_message("user", "a\xFF\"\n"));

  EXPECT_EQ(encoded(request)["messages"][0]["content"], "a\xEF\xBF\xBD\"\n");
}

TEST(EndpointUrl, PutsThePathBeforeTheQuery) {
  EXPECT_EQ(endpoint_url("https://h/v1", "/chat/completions"), "https://h/v1/chat/completions");
  EXPECT_EQ(endpoint_url("https://h/v1/", "/chat/completions"), "https://h/v1/chat/completions");
  EXPECT_EQ(endpoint_url("https://h/d?api-version=1", "/chat/completions"),
            "https://h/d/chat/completions?api-version=1");
  EXPECT_EQ(endpoint_url("https://h", "/m:go", "alt=sse"), "https://h/m:go?alt=sse");
  EXPECT_EQ(endpoint_url("https://h/?a=1", "/m:go", "alt=sse"), "https://h/m:go?a=1&alt=sse");
  EXPECT_EQ(endpoint_url("https://h/?", "/m:go", "alt=sse"), "https://h/m:go?alt=sse");
}

TEST(OpenAiChatRequest, KnowsWhichHostsWantTheNewTokenLimit) {
  ProviderConfig config;
  config.base_url = "https://api.openai.com/v1";
  EXPECT_EQ(dialect_of(config).token_limit_field, "max_completion_tokens");
  config.base_url = "http://127.0.0.1:11434/v1";
  EXPECT_EQ(dialect_of(config).token_limit_field, "max_tokens");
  config.token_limit_field = "max_new_tokens";
  EXPECT_EQ(dialect_of(config).token_limit_field, "max_new_tokens");
}

}  // namespace
}  // namespace taskgate::providers

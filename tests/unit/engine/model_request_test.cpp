#include "engine/model_request.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

TEST(ModelRequest, AStringIsOneUserMessage) {
  const auto request =
      build_model_request(R"({"model":"m","input":"hello","instructions":"be brief","seed":7})");

  ASSERT_TRUE(request);
  ASSERT_EQ(request.value().messages.size(), 1U);
  EXPECT_EQ(request.value().messages[0].role, "user");
  EXPECT_EQ(request.value().messages[0].content[0].text, "hello");
  EXPECT_EQ(request.value().instructions, "be brief");
  EXPECT_EQ(request.value().seed, 7);
}

TEST(ModelRequest, MessagesKeepOrderRolesAndParts) {
  const auto request = build_model_request(
      R"({"input":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":"x"}]}],
          "output_schema":{"type":"object"},"max_output_tokens":5,"temperature":0.5})");

  ASSERT_TRUE(request);
  const auto& turn = request.value();
  ASSERT_EQ(turn.messages.size(), 2U);
  EXPECT_EQ(turn.messages[0].role, "system");
  ASSERT_EQ(turn.messages[1].content.size(), 2U);
  EXPECT_EQ(turn.messages[1].content[0].text, "a");
  EXPECT_NE(turn.messages[1].content[1].json.find("image_url"), std::string::npos);
  EXPECT_EQ(turn.output_schema, R"({"type":"object"})");
  EXPECT_EQ(turn.max_output_tokens, 5);
  EXPECT_EQ(turn.temperature, 0.5);
}

TEST(ModelRequest, DocumentsComeBeforeTheFirstTextOfTheUser) {
  const auto request = build_model_request(
      R"({"input":[{"role":"system","content":"s"},{"role":"user","content":"what?"}],
          "context":["first","second"],"logprobs":true})");

  ASSERT_TRUE(request);
  const auto& turn = request.value();
  ASSERT_EQ(turn.messages.size(), 2U) << "no message is added";
  const auto& text = turn.messages[1].content[0].text;
  EXPECT_NE(text.find("[document 1]\nfirst"), std::string::npos) << text;
  EXPECT_NE(text.find("[document 2]\nsecond"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\n\nwhat?"));
  EXPECT_EQ(turn.top_logprobs, 0);
}

TEST(ModelRequest, DocumentsAreAMessageWhereTheUserHasNoText) {
  const auto request =
      build_model_request(R"({"input":[{"role":"system","content":"s"}],"context":["first"]})");

  ASSERT_TRUE(request);
  ASSERT_EQ(request.value().messages.size(), 2U);
  EXPECT_EQ(request.value().messages[0].role, "user");
}

TEST(ModelRequest, WhatAdmissionNeverLetsInIsAnError) {
  EXPECT_FALSE(build_model_request("[]"));
  EXPECT_FALSE(build_model_request(R"({"model":"m"})"));
}

TEST(ModelRequest, SameRequestIgnoresSpelling) {
  EXPECT_TRUE(same_request(R"({"a":1,"b":[1,2]})", R"({ "b" : [1.0, 2], "a" : 1 })"));
  EXPECT_FALSE(same_request(R"({"a":1})", R"({"a":2})"));
  EXPECT_FALSE(same_request(R"({"a":1})", "not json"));
}

TEST(ModelRequest, ResultTtlIsReadFromTheBody) {
  EXPECT_EQ(result_ttl_seconds(R"({"result_ttl_seconds":60})"), 60);
  EXPECT_FALSE(result_ttl_seconds(R"({"input":"result_ttl_seconds"})"));
  EXPECT_FALSE(result_ttl_seconds("{}"));
}

}  // namespace
}  // namespace taskgate::engine

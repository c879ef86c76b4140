#include "api/task_input.hpp"

#include <gtest/gtest.h>

namespace taskgate::api {
namespace {

using Kind = engine::TaskInput::Kind;

std::vector<std::string> faults_of(const std::string& body) {
  const auto parsed = read_task_input(body);
  std::vector<std::string> paths;
  if (parsed.problem) {
    for (const auto& fault : parsed.problem->faults) paths.push_back(fault.path);
  }
  return paths;
}

TEST(TaskInput, ReadsEachAnswer) {
  const auto approve = read_task_input(R"({"approve":{"key":"tg_a"}})");
  const auto deny = read_task_input(R"({"deny":{"key":"tg_a","reason":"too dear"}})");
  const auto edit = read_task_input(R"({"edit":{"key":"tg_a","arguments":{"a":1}}})");
  const auto resolve =
      read_task_input(R"({"resolve":{"key":"tg_a","executed":true,"result":[1]}})");

  for (const auto* parsed : {&approve, &deny, &edit, &resolve}) {
    EXPECT_FALSE(parsed->problem);
    EXPECT_EQ(parsed->input.key, "tg_a");
  }
  EXPECT_EQ(approve.input.kind, Kind::approve);
  EXPECT_EQ(deny.input.kind, Kind::deny);
  EXPECT_EQ(deny.input.reason, "too dear");
  EXPECT_EQ(edit.input.kind, Kind::edit);
  EXPECT_EQ(edit.input.arguments, R"({"a":1})");
  EXPECT_EQ(resolve.input.kind, Kind::resolve);
  EXPECT_TRUE(resolve.input.executed);
  EXPECT_EQ(resolve.input.result, "[1]");
}

TEST(TaskInput, NamesEveryFault) {
  struct Case {
    const char* body;
    std::vector<std::string> paths;
  };
  const std::vector<Case> cases{
      {R"([])", {""}},
      {R"({})", {""}},
      {R"({"approve":{"key":"a"},"deny":{"key":"a"}})", {""}},
      {R"({"aprove":{"key":"a"}})", {"/aprove", ""}},
      {R"({"approve":"tg_a"})", {"/approve"}},
      {R"({"approve":{}})", {"/approve/key"}},
      {R"({"approve":{"key":7}})", {"/approve/key"}},
      {R"({"approve":{"key":"a","reason":"b"}})", {"/approve/reason"}},
      {R"({"deny":{"key":"a","reason":7}})", {"/deny/reason"}},
      {R"({"edit":{"key":"a"}})", {"/edit/arguments"}},
      {R"({"edit":{"arguments":[]}})", {"/edit/key", "/edit/arguments"}},
      {R"({"resolve":{"key":"a","executed":"yes"}})", {"/resolve/executed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    EXPECT_EQ(faults_of(c.body), c.paths);
  }
}

TEST(TaskInput, ArgumentsAndResultsStayAsTheyWereWritten) {
  const std::string odd =
      R"( { "amount" : 12345678901234567890123, "a,}]" : [ "\"}", 1e300 , {} ],"a,}]":2})";
  const auto edit =
      read_task_input(R"({"edit":{"key":"tg_a", "\u0061rguments" :)" + odd + R"( } })");
  const auto resolve =
      read_task_input(R"({"resolve":{"result":9007199254740993 ,"key":"tg_a","executed":false}})");

  ASSERT_FALSE(edit.problem);
  EXPECT_EQ(edit.input.arguments, odd.substr(1));
  ASSERT_FALSE(resolve.problem);
  EXPECT_EQ(resolve.input.result, "9007199254740993");
}

TEST(TaskInput, NothingIsGivenTwice) {
  using Paths = std::vector<std::string>;
  EXPECT_EQ(faults_of(R"({"approve":{"key":"a"},"approve":{"key":"b"}})"), Paths{"/approve"});
  EXPECT_EQ(faults_of(R"({"approve":{"key":"a","k\u0065y":"b"}})"), Paths{"/approve/key"});
  EXPECT_EQ(faults_of(R"({"edit":{"key":"a","arguments":{"a":1},"arguments":{"a":2}}})"),
            Paths{"/edit/arguments"});
}

TEST(TaskInput, WhatIsNoJsonIsMalformed) {
  const auto parsed = read_task_input("{");

  ASSERT_TRUE(parsed.problem);
  EXPECT_EQ(parsed.problem->code, ProblemCode::malformed_request);
}

}  // namespace
}  // namespace taskgate::api

// Tool calls as servers stream them, each in its own way (notes in tool_call_assembler.hpp).
#include "chat_decoding.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::providers {
namespace {

std::vector<std::string> described(const ModelTurn& turn) {
  std::vector<std::string> calls;
  for (const ToolCall& call : turn.tool_calls) {
    calls.push_back(call.id + ":" + call.name + ":" + call.arguments);
  }
  return calls;
}

using Calls = std::vector<std::string>;

TEST(ToolCalls, AssemblesToolCallPieces) {
  Decoding d;
  d.tool(R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}})");
  d.tool(R"({"index":0,"function":{"arguments":"{\"x\":"}})");
  d.tool(R"({"index":1,"id":"b","function":{"name":"g","arguments":"{}"}})");
  d.tool(R"({"index":0,"function":{"arguments":"\"\u00e9\"}"}})").stop("tool_calls");

  const ModelTurn turn = d.turn();

  EXPECT_EQ(described(turn), (Calls{"a:f:{\"x\":\"\xC3\xA9\"}", "b:g:{}"}));
  EXPECT_EQ(turn.finish_reason, FinishReason::tool_calls);
}

TEST(ToolCalls, CopesWithEveryKindOfToolCallIdentity) {
  struct Case {
    const char* name;
    std::vector<const char*> pieces;
    Calls expected;
  };
  const Case cases[] = {
      {"index from one",
       {R"({"index":1,"id":"a","function":{"name":"f","arguments":"{"}})",
        R"({"index":1,"function":{"arguments":"}"}})"},
       {"a:f:{}"}},
      {"no index, whole calls with ids",
       {R"({"id":"a","function":{"name":"f","arguments":"{}"}})",
        R"({"id":"b","function":{"name":"f","arguments":"{}"}})"},
       {"a:f:{}", "b:f:{}"}},
      {"no index, pieces by id",
       {R"({"id":"a","function":{"name":"f","arguments":"{"}})",
        R"({"id":"a","function":{"arguments":"}"}})"},
       {"a:f:{}"}},
      {"no index, no id on continuation",
       {R"({"id":"a","function":{"name":"f","arguments":"{"}})",
        R"({"function":{"arguments":"}"}})"},
       {"a:f:{}"}},
      {"parallel calls all at index 0 with ids",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{}"}})",
        R"({"index":0,"id":"b","function":{"name":"f","arguments":"{\"n\":2}"}})",
        R"({"index":0,"id":"c","function":{"name":"g","arguments":"{"}})",
        R"({"index":0,"function":{"arguments":"}"}})"},
       {"a:f:{}", "b:f:{\"n\":2}", "c:g:{}"}},
      {"parallel calls all at index 0 without ids",
       {R"({"index":0,"function":{"name":"f","arguments":"{}"}})",
        R"({"index":0,"function":{"name":"f","arguments":"{\"n\":2}"}})",
        R"({"index":0,"function":{"name":"g","arguments":"{}"}})"},
       {":f:{}", ":f:{\"n\":2}", ":g:{}"}},
      {"name repeated on continuations",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{\"n\""}})",
        R"({"index":0,"id":"a","function":{"name":"f","arguments":":1}"}})"},
       {"a:f:{\"n\":1}"}},
      {"name repeated without ids",
       {R"({"index":0,"function":{"name":"f","arguments":"{\"n\""}})",
        R"({"index":0,"function":{"name":"f","arguments":":1}"}})"},
       {":f:{\"n\":1}"}},
      {"empty name and new id on continuations",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}})",
        R"({"index":0,"id":"zz","function":{"name":"","arguments":"}"}})"},
       {"a:f:{}"}},
      {"null fields",
       {R"({"index":0,"id":null,"function":{"name":"f","arguments":null}})"},
       {":f:"}},
      {"arguments as an object",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":{"n":[1,"}"]}}})"},
       {"a:f:{\"n\":[1,\"}\"]}"}},
      {"empty pieces",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"{}"}})", R"({"index":1})",
        R"({})"},
       {"a:f:{}"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Decoding d;
    for (const char* piece : c.pieces) d.tool(piece);
    d.stop("stop").done();

    const ModelTurn turn = d.turn();

    EXPECT_EQ(described(turn), c.expected);
    EXPECT_EQ(turn.finish_reason, FinishReason::tool_calls) << "their presence decides";
  }
}

TEST(ToolCalls, ReadsTheOlderFunctionCall) {
  Decoding d;
  d.delta(R"("function_call":{"name":"f","arguments":"{"})");
  d.delta(R"("function_call":{"arguments":"}"})").stop("function_call");

  EXPECT_EQ(described(d.turn()), Calls{":f:{}"});
}

TEST(ToolCalls, APromisedToolCallThatNeverCameIsMalformed) {
  Decoding d;
  d.delta(R"("tool_calls":[])").stop("tool_calls").done();

  EXPECT_EQ(d.failure().failure_class, FailureClass::malformed);
}

TEST(ToolCalls, AToolCallCutByTheLimitIsNotACall) {
  Decoding d;
  d.tool(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{\"x"}})").stop("length");

  const ModelTurn turn = d.turn();
  EXPECT_EQ(turn.finish_reason, FinishReason::length);
  EXPECT_EQ(described(turn), Calls{"a:f:{\"x"});
}

}  // namespace
}  // namespace taskgate::providers

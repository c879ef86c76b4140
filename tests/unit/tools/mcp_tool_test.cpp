#include "unit/tools/scripted_mcp.hpp"
#include "unit/tools/tool_fixture.hpp"

#include <array>
#include <optional>

namespace taskgate::tools {
namespace {

class McpToolTest : public ToolFixture {
 protected:
  McpToolTest() {
    McpServerConfig server;
    server.name = "crm";
    server.url = mcp_.upstream.url() + "/mcp";
    server.allow_private = true;
    server.headers = {{"Authorization", "Bearer x"}};
    server.timeout = 5s;
    server.tools.push_back(tool("lookup", Effect::read));
    server.tools.push_back(tool("merge", Effect::write));
    server.tools.push_back(tool("broken", Effect::read));
    server.tools.push_back(tool("gone", Effect::read));
    config_.mcp.push_back(std::move(server));
  }

  static McpToolConfig tool(const std::string& name, Effect effect) {
    McpToolConfig config;
    config.remote_name = name;
    config.definition.name = "crm." + name;
    config.definition.effect = effect;
    config.definition.timeout = 5s;
    return config;
  }

  ScriptedMcp mcp_;
};

TEST_F(McpToolTest, NoServerIsAskedBeforeATool) {
  EXPECT_EQ(box().names(),
            (std::vector<std::string>{"crm.broken", "crm.gone", "crm.lookup", "crm.merge"}));
  EXPECT_EQ(box().find("crm.lookup")->contract(), nullptr);
  EXPECT_TRUE(mcp_.upstream.requests().empty());
}

TEST_F(McpToolTest, InitialisesListsEveryPageAndCalls) {
  const auto contract = ready("crm.lookup");
  ASSERT_TRUE(contract) << contract.error().message();
  EXPECT_EQ((*contract)->definition.description, "Finds a customer.");
  EXPECT_EQ((*contract)->definition.effect, Effect::read);
  EXPECT_FALSE(check_arguments(**contract, "{}").is_valid());

  const auto outcome = call("crm.lookup", R"({"name":"Ada"})");

  EXPECT_EQ(outcome.state, State::succeeded) << outcome.evidence;
  EXPECT_EQ(outcome.result, "called");
  EXPECT_EQ(mcp_.count("initialize"), 1U);
  EXPECT_EQ(mcp_.count("notifications/initialized"), 1U);
  EXPECT_EQ(mcp_.count("tools/list"), 2U);
  const auto seen = mcp_.last("tools/call");
  EXPECT_EQ(seen.header("mcp-session-id"), "session-1");
  EXPECT_EQ(seen.header("authorization"), "Bearer x");
  EXPECT_NE(seen.header("accept").find("text/event-stream"), std::string::npos);
  EXPECT_EQ(seen.header("idempotency-key"), "") << "a read";
  const auto params = json::parse(seen.body)["params"];
  EXPECT_EQ(params["name"], "lookup");
  EXPECT_EQ(params["arguments"]["name"], "Ada");
  EXPECT_FALSE(params.contains("_meta"));
}

TEST_F(McpToolTest, AWriteCarriesItsKeyAndEveryDigit) {
  EXPECT_EQ(call("crm.merge", R"({"id":12345678901234567890123})").state, State::succeeded);

  const auto seen = mcp_.last("tools/call");
  EXPECT_EQ(seen.header("idempotency-key"), "tg_key");
  EXPECT_EQ(json::parse(seen.body)["params"]["_meta"]["idempotencyKey"], "tg_key");
  EXPECT_NE(seen.body.find(R"("arguments":{"id":12345678901234567890123})"), std::string::npos);
}

TEST_F(McpToolTest, ACallMayBeHeldBackOnceThereIsASession) {
  std::vector<std::size_t> sessions;  // whenever it was asked
  const auto held = call_if("crm.merge", [&] {
    sessions.push_back(mcp_.count("notifications/initialized"));
    return false;
  });

  EXPECT_TRUE(held.not_sent);
  EXPECT_EQ(held.state, State::failed_definite);
  EXPECT_EQ(sessions, std::vector<std::size_t>{1});
  EXPECT_EQ(mcp_.count("tools/call"), 0U);

  int asked = 0;
  EXPECT_TRUE(call_if("crm.merge", [&] { return ++asked < 2; }).not_sent) << "at the first byte";
  EXPECT_EQ(mcp_.count("tools/call"), 0U);
  EXPECT_EQ(call_if("crm.merge", [] { return true; }).state, State::succeeded);
}

TEST_F(McpToolTest, AServerWithoutSessionsWillDo) {
  mcp_.with_sessions = false;

  EXPECT_EQ(call("crm.merge").state, State::succeeded);
  EXPECT_EQ(mcp_.last("tools/call").header("mcp-session-id"), "");
}

TEST_F(McpToolTest, SaysWhyAToolCannotBeUsed) {
  const auto broken = ready("crm.broken");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), Errc::unprocessable);
  const auto gone = ready("crm.gone");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), Errc::not_found);
  EXPECT_EQ(mcp_.count("tools/list"), 2U) << "asked once";
}

TEST_F(McpToolTest, HintsOnlyLowerWhatAToolMayBeUsedFor) {
  const struct {
    const char* annotations;
    Effect declared;
    Effect expected;
  } cases[] = {
      {R"({"readOnlyHint":true})", Effect::write, Effect::write},
      {R"({"readOnlyHint":true})", Effect::read, Effect::read},
      {R"({"readOnlyHint":false})", Effect::read, Effect::write},
      {R"({"destructiveHint":true})", Effect::read, Effect::write},
      {R"({"idempotentHint":true})", Effect::write, Effect::write},
      {R"({})", Effect::read, Effect::read},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.annotations);
    mcp_.annotate(json::parse(c.annotations));
    box_.reset();
    config_.mcp[0].tools[0].definition.effect = c.declared;

    const auto contract = ready("crm.lookup");

    ASSERT_TRUE(contract);
    EXPECT_EQ((*contract)->definition.effect, c.expected);
  }
}

TEST_F(McpToolTest, AServerThatIsNotIdempotentGetsNoSecondSend) {
  mcp_.annotate({{"idempotentHint", false}});
  config_.mcp[0].tools[0].definition.on_unknown = UnknownPolicy::retry_same_key;

  EXPECT_EQ((*ready("crm.lookup"))->definition.on_unknown, UnknownPolicy::ask);
}

TEST_F(McpToolTest, TheListIsAskedAgainWhenItIsOldAndTheOldOneServesWhileNobodyAnswers) {
  config_.mcp[0].refresh = 0ms;
  ASSERT_TRUE(ready("crm.lookup"));
  mcp_.describe("Finds customers.");

  EXPECT_EQ((*ready("crm.lookup"))->definition.description, "Finds customers.");

  mcp_.unknown_session_status = 500;
  mcp_.expire_session();
  mcp_.upstream.otherwise([](const test::SeenRequest&) { return Reply().close(); });
  EXPECT_EQ((*ready("crm.lookup"))->definition.description, "Finds customers.");
}

TEST_F(McpToolTest, AReplyMayComeAsAStreamOfEvents) {
  mcp_.next_call([](const json& id) {
    return Reply::sse(
        {"event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n",
         ": ping\n\n",
         "id: 7\ndata: " +
             ScriptedMcp::reply_to(999, ScriptedMcp::text_result("another's")).dump() + "\n\n",
         "data: " + ScriptedMcp::reply_to(id, ScriptedMcp::text_result("mine")).dump() + "\n\n"});
  });

  const auto outcome = call("crm.merge");

  EXPECT_EQ(outcome.state, State::succeeded) << outcome.evidence;
  EXPECT_EQ(outcome.result, "mine");
}

TEST_F(McpToolTest, AReplyWithResultAndErrorSaysNothing) {
  mcp_.next_call([](const json& id) {
    auto both = ScriptedMcp::reply_to(id, ScriptedMcp::text_result("done"));
    both["error"] = {{"code", -32601}, {"message", "no such method"}};
    return Reply::json(200, both.dump());
  });

  EXPECT_EQ(call("crm.merge").state, State::unknown);
}

TEST_F(McpToolTest, AReplyCountsThoughItsStreamStaysOpen) {
  mcp_.next_call([](const json& id) {
    return Reply::chunked(200, "text/event-stream")
        .chunk("data: " + ScriptedMcp::reply_to(id, ScriptedMcp::text_result("mine")).dump() +
               "\n\n")
        .hang();
  });

  EXPECT_EQ(call("crm.merge").result, "mine");
}

TEST_F(McpToolTest, ContentBecomesText) {
  mcp_.next_call([](const json& id) {
    return Reply::json(200, ScriptedMcp::reply_to(id, json::parse(R"({"content":[
      {"type":"text","text":"one"},{"type":"image","data":"AAAA","mimeType":"image/png"},
      {"type":"resource","resource":{"uri":"file:///x","text":"two"}}]})"))
                                .dump());
  });
  mcp_.next_call([](const json& id) {
    return Reply::json(
        200, ScriptedMcp::reply_to(id, json::parse(R"({"content":[],"structuredContent":{"a":1}})"))
                 .dump());
  });

  const auto mixed = call("crm.merge").result;
  EXPECT_NE(mixed.find("one\n[image image/png, 4 characters"), std::string::npos) << mixed;
  EXPECT_NE(mixed.find("\"two\""), std::string::npos) << mixed;
  EXPECT_EQ(call("crm.merge").result, R"({"a":1})");
}

TEST_F(McpToolTest, AToolThatSaysItFailedHasAnswered) {
  mcp_.next_call([](const json& id) {
    auto result = ScriptedMcp::text_result("no such customer");
    result["isError"] = true;
    return Reply::json(200, ScriptedMcp::reply_to(id, result).dump());
  });

  const auto outcome = call("crm.merge");

  EXPECT_EQ(outcome.state, State::succeeded);
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.result, "no such customer");
}

// -32602 and -32600 say nothing certain: servers answer so as well when the tool has run and what
// it gave does not fit its own output schema.
TEST_F(McpToolTest, JsonRpcErrorsAreDefiniteOnlyWhereNoToolCanHaveRun) {
  const struct {
    std::int64_t code;
    State expected;
  } cases[] = {{-32700, State::failed_definite},
               {-32601, State::failed_definite},
               {-32602, State::unknown},
               {-32600, State::unknown},
               {(std::int64_t{1} << 32) - 32601, State::unknown},
               {-(std::int64_t{1} << 32) - 32601, State::unknown},
               {-32603, State::unknown},
               {-32000, State::unknown},
               {1, State::unknown}};
  for (const auto& c : cases) {
    mcp_.next_call([&](const json& id) {
      return Reply::json(200, json{{"jsonrpc", "2.0"},
                                   {"id", id},
                                   {"error", {{"code", c.code}, {"message", "because"}}}}
                                  .dump());
    });
    const auto outcome = call("crm.merge");
    EXPECT_EQ(outcome.state, c.expected) << c.code;
    EXPECT_EQ(outcome.result, "because");
    EXPECT_TRUE(outcome.is_error);
  }
}

TEST_F(McpToolTest, AReadThatWasRefusedIsNotSentAgain) {
  for (const int code : {-32602, -32603}) {
    mcp_.next_call([code](const json& id) {
      return Reply::json(
          200,
          json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", "because"}}}}
              .dump());
    });
    const auto outcome = call("crm.lookup", R"({"name":"x"})");
    EXPECT_EQ(outcome.state, State::failed_definite) << code;
    EXPECT_EQ(outcome.retryable, code == -32603) << code;
  }
}

TEST_F(McpToolTest, ALostReplyIsUnknownForAWriteAndNothingForARead) {
  const std::vector<std::function<Reply(const json&)>> losses{
      [](const json&) { return Reply().close(); },
      [](const json&) { return Reply().reset(); },
      [](const json&) { return Reply::json(200, "not json"); },
      [](const json&) { return Reply::json(200, R"({"jsonrpc":"2.0","id":-1,"result":{}})"); },
      [](const json&) { return Reply::whole(202, "text/plain", ""); },
      [](const json&) { return Reply::sse({"data: {}\n\n"}); },
      [](const json&) {
        return Reply::chunked(200, "text/event-stream").chunk("data: {\"jso").close();
      },
      [](const json&) { return Reply::json(500, "{}"); },
      [](const json& id) {
        return Reply::json(500, ScriptedMcp::reply_to(id, ScriptedMcp::text_result("x")).dump());
      },
      [](const json&) { return Reply::json(307, "{}").header("Location", "/other"); },
  };
  std::size_t number = 0;
  for (const auto& loss : losses) {
    SCOPED_TRACE(number++);
    mcp_.next_call(loss);
    const auto wrote = call("crm.merge");
    EXPECT_EQ(wrote.state, State::unknown) << wrote.evidence;
    mcp_.next_call(loss);
    const auto looked = call("crm.lookup", R"({"name":"x"})");
    EXPECT_EQ(looked.state, State::failed_definite) << looked.evidence;
  }
  EXPECT_EQ(mcp_.count("tools/call"), 2 * losses.size()) << "each was sent once";
}

TEST_F(McpToolTest, ATimeoutAfterTheSendIsUnknown) {
  config_.mcp[0].tools[1].definition.timeout = 100ms;
  mcp_.next_call([](const json&) { return Reply().hang(); });

  EXPECT_EQ(call("crm.merge").state, State::unknown);
}

TEST_F(McpToolTest, AnAnswerTooLargeToBeReadIsUnknown) {
  mcp_.next_call([](const json& id) {
    const auto text = std::string(9U << 20, 'x');
    return Reply::json(200, ScriptedMcp::reply_to(id, ScriptedMcp::text_result(text)).dump());
  });

  const auto outcome = call("crm.merge");

  EXPECT_EQ(outcome.state, State::unknown);
  EXPECT_NE(outcome.evidence.find("too large"), std::string::npos) << outcome.evidence;
}

// Deep enough to overflow the stack of whoever copies or writes it.
std::string deep_text(const json& id) {
  constexpr std::size_t kDepth = 500'000;
  return R"({"jsonrpc":"2.0","id":)" + id.dump() + R"(,"result":{"tools":[],"content":)" +
         std::string(kDepth, '[') + std::string(kDepth, ']') + "}}";
}

TEST_F(McpToolTest, AReplyNestedTooDeeplyIsNoReply) {
  mcp_.next_call([](const json& id) { return Reply::json(200, deep_text(id)); });
  mcp_.next_call([](const json& id) { return Reply::sse({"data: " + deep_text(id) + "\n\n"}); });

  EXPECT_EQ(call("crm.merge").state, State::unknown);
  EXPECT_EQ(call("crm.merge").state, State::unknown);
  EXPECT_EQ(call("crm.merge").state, State::succeeded) << "the next one is read";
}

TEST_F(McpToolTest, AnInitialisationThatMakesNoSenseIsRefused) {
  const std::vector<std::function<std::string(const json&)>> answers{
      deep_text,
      [](const json& id) {
        return ScriptedMcp::reply_to(id, {{"protocolVersion", 7}}).dump();
      },
      [](const json& id) {
        return ScriptedMcp::reply_to(id, {{"protocolVersion", nullptr}}).dump();
      },
      [](const json& id) { return ScriptedMcp::reply_to(id, json::array({1})).dump(); },
  };
  for (const auto& answer : answers) {
    box_.reset();
    mcp_.upstream.otherwise([answer](const test::SeenRequest& seen) {
      return Reply::json(200, answer(json::parse(seen.body)["id"]));
    });
    EXPECT_FALSE(ready("crm.lookup"));
    EXPECT_EQ(call("crm.merge").state, State::failed_definite);
  }
}

TEST_F(McpToolTest, OfAListOnlyWhatIsAskedForIsKeptUpToABound) {
  const std::string long_text(5U << 20, 'x');
  for (const bool is_configured : {false, true}) {
    SCOPED_TRACE(is_configured);
    box_.reset();
    mcp_.replace_list([&](const json& cursor) {
      const bool is_last = cursor == "second";
      std::string name = is_last ? "merge" : "lookup";
      if (!is_configured) name += "_of_another";
      json page{{"tools", json::array({{{"name", name}, {"description", long_text}},
                                       {{"name", is_last ? "merge" : "lookup"}}})}};
      if (!is_last) page["nextCursor"] = "second";
      return page;
    });

    const auto contract = ready("crm.lookup");

    EXPECT_EQ(contract.has_value(), !is_configured);
    if (!contract) {
      EXPECT_EQ(contract.error().code(), Errc::upstream_rejected);
    }
  }
}

TEST_F(McpToolTest, ALongResultIsCut) {
  config_.mcp[0].tools[1].definition.max_result_bytes = 100;
  mcp_.next_call([](const json& id) {
    return Reply::json(
        200, ScriptedMcp::reply_to(id, ScriptedMcp::text_result(std::string(500, 'x'))).dump());
  });

  const auto outcome = call("crm.merge");

  EXPECT_TRUE(outcome.cut);
  EXPECT_LT(outcome.result.size(), 200U);
}

// The expired session is noticed by the call; nothing was executed, and nothing is sent again
// before there is a new session.
TEST_F(McpToolTest, AnExpiredSessionIsADefiniteFailureAndTheNextCallBeginsANewOne) {
  for (const unsigned status : {404U, 400U}) {
    SCOPED_TRACE(status);
    mcp_.unknown_session_status = status;
    ASSERT_EQ(call("crm.merge").state, State::succeeded);
    const auto initialised = mcp_.count("initialize");
    mcp_.expire_session();

    const auto expired = call("crm.merge");
    EXPECT_EQ(expired.state, State::failed_definite);
    EXPECT_TRUE(expired.retryable);
    EXPECT_NE(expired.evidence.find("session"), std::string::npos);
    EXPECT_EQ(mcp_.count("initialize"), initialised) << "not before the caller asks again";

    EXPECT_EQ(call("crm.merge").state, State::succeeded);
    EXPECT_EQ(mcp_.count("initialize"), initialised + 1);
  }
}

TEST_F(McpToolTest, AServerThatIsDownFailsTheCallAndNothingElse) {
  mcp_.upstream.otherwise([](const test::SeenRequest&) { return Reply::json(503, "{}"); });

  const auto outcome = call("crm.merge");

  EXPECT_EQ(outcome.state, State::failed_definite);
  EXPECT_TRUE(outcome.retryable);
  EXPECT_NE(outcome.evidence.find("nothing was sent"), std::string::npos) << outcome.evidence;
  EXPECT_EQ(mcp_.count("tools/call"), 0U);
}

TEST_F(McpToolTest, AVersionThatNobodyKnowsIsRefused) {
  mcp_.upstream.otherwise([](const test::SeenRequest& seen) {
    const auto id = json::parse(seen.body)["id"];
    return Reply::json(200, ScriptedMcp::reply_to(id, {{"protocolVersion", "1999-01-01"}}).dump());
  });

  const auto refused = ready("crm.lookup");

  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("1999-01-01"), std::string::npos);
}

TEST_F(McpToolTest, ManyAtOnceShareOneSession) {
  auto& first = *box().find("crm.lookup");
  auto all = [](Tool& tool) -> boost::asio::awaitable<void> {
    const auto known = co_await tool.ready();
    EXPECT_TRUE(known);
  };
  std::vector<std::unique_ptr<test::Cancellable>> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(std::make_unique<test::Cancellable>(context_, all(first)));
  }
  tasks[3]->cancel();

  for (auto& task : tasks) task->wait();

  EXPECT_EQ(mcp_.count("initialize"), 1U);
  EXPECT_EQ(mcp_.count("tools/list"), 2U);
}

// Made ready by somebody else; `known` is what came of it.
boost::asio::awaitable<void> get_ready(Tool& tool, std::optional<bool>& known) {
  const auto contract = co_await tool.ready();
  known = contract.has_value();
}

TEST_F(McpToolTest, AServerThatHangsIsAskedOnceForAllWhoWait) {
  config_.mcp[0].timeout = 200ms;
  mcp_.upstream.otherwise([](const test::SeenRequest&) { return Reply().hang(); });
  auto& tool = *box().find("crm.lookup");
  std::array<std::optional<bool>, 5> known;
  std::vector<std::unique_ptr<test::Cancellable>> tasks;
  for (auto& one : known) {
    tasks.push_back(std::make_unique<test::Cancellable>(context_, get_ready(tool, one)));
  }

  for (auto& task : tasks) task->wait();

  for (const auto& one : known) EXPECT_EQ(one, false);
  EXPECT_EQ(mcp_.count("initialize"), 1U);
  const auto later = ready("crm.merge");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), Errc::timeout);
  EXPECT_EQ(mcp_.count("initialize"), 1U) << "its failure is remembered";
}

TEST_F(McpToolTest, CallsThatWaitForASessionShareItsFailure) {
  ASSERT_TRUE(ready("crm.lookup"));
  mcp_.expire_session();
  EXPECT_EQ(call("crm.merge").state, State::failed_definite);  // there is no session any more
  const auto initialised = mcp_.count("initialize");
  mcp_.upstream.otherwise([](const test::SeenRequest&) { return Reply::json(503, ""); });
  auto& tool = *box().find("crm.merge");
  auto send = [](Tool& merge) -> boost::asio::awaitable<void> {
    ToolCallRequest request;
    request.arguments = "{}";
    const auto outcome = co_await merge.call(std::move(request));
    EXPECT_EQ(outcome.state, State::failed_definite);
  };
  std::vector<std::unique_ptr<test::Cancellable>> tasks;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(std::make_unique<test::Cancellable>(context_, send(tool)));
  }

  for (auto& task : tasks) task->wait();

  EXPECT_EQ(mcp_.count("initialize"), initialised + 1);
}

TEST_F(McpToolTest, TheOlderListServesWhileSomebodyAsks) {
  config_.mcp[0].refresh = 0ms;
  ASSERT_TRUE(ready("crm.lookup"));
  const auto asked = mcp_.count("tools/list");
  mcp_.upstream.otherwise([](const test::SeenRequest&) { return Reply().hang(); });
  auto& tool = *box().find("crm.lookup");
  std::optional<bool> first;
  std::optional<bool> second;
  test::Cancellable asking(context_, get_ready(tool, first));
  asking.run_until([&] { return mcp_.count("tools/list") > asked; });

  test::Cancellable served(context_, get_ready(tool, second));
  served.run_until([&] { return second.has_value(); });

  EXPECT_EQ(second, true);
  EXPECT_FALSE(first.has_value());
  asking.cancel();
  asking.wait();
}

}  // namespace
}  // namespace taskgate::tools

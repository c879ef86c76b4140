#include "taskgate/tools/demo_tools.hpp"

#include "support/run_awaitable.hpp"
#include "taskgate/tools/toolbox.hpp"
#include "tools/calculator.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace taskgate::tools {
namespace {

using nlohmann::json;

class DemoTools : public testing::Test {
 protected:
  ToolOutcome call(const std::string& name,
                   std::string arguments,
                   std::string key = "tg_1",
                   std::string tenant = "acme") {
    Tool* tool = box_.find(name);
    const auto check = check_arguments(*tool->contract(), arguments);
    EXPECT_TRUE(check.is_valid()) << check.message;
    ToolCallRequest request;
    request.key = std::move(key);
    request.arguments = check.arguments;
    request.tenant = std::move(tenant);
    return test::run(tool->call(std::move(request)));
  }

  SystemClock clock_;
  std::shared_ptr<DemoOutbox> outbox_ = std::make_shared<DemoOutbox>();
  Toolbox box_{make_demo_tools(clock_, outbox_)};
};

TEST_F(DemoTools, TellTheTimeAndCalculate) {
  EXPECT_TRUE(
      parse_rfc3339(json::parse(call("demo.clock", "{}").result)["now"].get<std::string>()));
  EXPECT_EQ(call("demo.calculator", R"({"expression":"2 * (3 + 4) - -1"})").result,
            R"({"value":15})");

  const auto wrong = call("demo.calculator", R"({"expression":"2 +"})");
  EXPECT_EQ(wrong.state, ToolOutcome::State::succeeded);
  EXPECT_TRUE(wrong.is_error);
}

TEST_F(DemoTools, KeepWhatWasSentByKey) {
  EXPECT_EQ(call("demo.send_email", R"({"to":"a@b","subject":"x"})").state,
            ToolOutcome::State::succeeded);
  EXPECT_EQ(
      call("demo.send_email", R"({"to":"c@d","subject":"y","simulate":"lost_answer"})", "tg_2")
          .state,
      ToolOutcome::State::unknown);
  EXPECT_EQ(
      call("demo.send_email", R"({"to":"e@f","subject":"z","simulate":"refused"})", "tg_3").state,
      ToolOutcome::State::failed_definite);

  EXPECT_EQ(outbox_->executions("tg_1"), 1);
  EXPECT_EQ(outbox_->executions("tg_2"), 1);
  EXPECT_EQ(outbox_->executions("tg_3"), 0);
  const auto list = json::parse(call("demo.outbox", "{}").result)["emails"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1]["to"], "c@d");
}

TEST_F(DemoTools, ShowATenantItsOwnMailAlone) {
  call("demo.send_email", R"({"to":"a@b","subject":"x"})", "tg_1", "acme");
  call("demo.send_email", R"({"to":"c@d","subject":"y"})", "tg_2", "globex");

  const auto list = json::parse(call("demo.outbox", "{}", "", "globex").result)["emails"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["to"], "c@d");
  EXPECT_TRUE(json::parse(call("demo.outbox", "{}", "", "initech").result)["emails"].empty());
}

TEST_F(DemoTools, AreDeclaredAsWhatTheyAre) {
  EXPECT_EQ(box_.find("demo_send_email")->contract()->definition.effect, Effect::write);
  EXPECT_EQ(box_.find("demo_clock")->contract()->definition.effect, Effect::read);
  EXPECT_NE(box_.find("demo_clock")->contract()->definition.version,
            box_.find("demo_calculator")->contract()->definition.version);
}

TEST(Calculator, RefusesWhatHasNoValue) {
  for (const auto& bad : {std::string("1/0"), std::string("(1"), std::string("1 2"),
                          std::string(""), std::string(100'000, '('), std::string(100'000, '-')}) {
    EXPECT_FALSE(calculate(bad)) << bad.substr(0, 10);
  }
  EXPECT_DOUBLE_EQ(*calculate("1/4 + 2e1*0.5"), 10.25);
}

}  // namespace
}  // namespace taskgate::tools

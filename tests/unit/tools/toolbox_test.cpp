#include "taskgate/tools/toolbox.hpp"

#include "unit/tools/contract.hpp"

#include <gtest/gtest.h>

namespace taskgate::tools {
namespace {

class NamedTool final : public Tool {
 public:
  explicit NamedTool(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  ContractPtr contract() const override { return nullptr; }
  boost::asio::awaitable<Result<ContractPtr>> ready() override { co_return contract(); }
  boost::asio::awaitable<ToolOutcome> call(ToolCallRequest) override { co_return ToolOutcome(); }
  boost::asio::awaitable<Reconciled> reconcile(std::string) override { co_return Reconciled(); }

 private:
  std::string name_;
};

std::vector<std::unique_ptr<Tool>> tools_named(std::vector<std::string> names) {
  std::vector<std::unique_ptr<Tool>> tools;
  for (auto& name : names) tools.push_back(std::make_unique<NamedTool>(std::move(name)));
  return tools;
}

TEST(Toolbox, FindsAToolByItsNameAndByTheOneThatModelsKnow) {
  const Toolbox box(tools_named({"crm.lookup", "clock"}));

  ASSERT_NE(box.find("crm.lookup"), nullptr);
  EXPECT_EQ(box.find("crm_lookup"), box.find("crm.lookup"));
  EXPECT_EQ(box.find("clock")->name(), "clock");
  EXPECT_EQ(box.find("crm"), nullptr);
  EXPECT_EQ(box.find("c.lock"), nullptr);
  EXPECT_EQ(box.names(), (std::vector<std::string>{"clock", "crm.lookup"}));
}

TEST(Toolbox, RefusesToolsThatAModelCouldNotTellApart) {
  EXPECT_THROW(Toolbox(tools_named({"crm.lookup", "crm_lookup"})), std::invalid_argument);
}

TEST(ToolName, HasTheFormThatEveryProviderTakes) {
  for (const char* good : {"a", "send_invoice", "crm.lookup", "a-b.c_d.e1"}) {
    EXPECT_TRUE(is_tool_name(good)) << good;
  }
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "A", "1a", "a b", "a/b", "é"}) {
    EXPECT_FALSE(is_tool_name(bad)) << bad;
  }
  EXPECT_TRUE(is_tool_name(std::string(64, 'a')));
  EXPECT_FALSE(is_tool_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace taskgate::tools

#include "taskgate/tools/toolbox.hpp"
#include "unit/tools/contract.hpp"

#include <gtest/gtest.h>

namespace taskgate::tools {
namespace {

using Verdict = ArgumentCheck::Verdict;

ContractPtr invoice() {
  return contract_of(definition_of("send_invoice", R"({
    "type": "object", "required": ["customer", "amount"], "additionalProperties": false,
    "properties": {"customer": {"type": "string"}, "amount": {"type": "number", "minimum": 0}}})"));
}

TEST(CheckArguments, TakeWhatFitsAsItIs) {
  const auto check = check_arguments(*invoice(), R"( {"customer": "C-7", "amount": 1.0} )");

  EXPECT_TRUE(check.is_valid());
  EXPECT_EQ(check.arguments, R"( {"customer": "C-7", "amount": 1.0} )");
  EXPECT_TRUE(check.message.empty());
}

TEST(CheckArguments, ListEveryViolationWithItsPath) {
  const auto check = check_arguments(*invoice(), R"({"amount": -1, "currency": "EUR"})");

  EXPECT_EQ(check.verdict, Verdict::invalid);
  EXPECT_EQ(check.violations.size(), 3U);
  for (const char* part : {"send_invoice", "customer", "/amount", "currency"}) {
    EXPECT_NE(check.message.find(part), std::string::npos) << part << " in " << check.message;
  }
}

TEST(CheckArguments, NeverTakeWhatIsCutOrNeedsRepair) {
  const struct {
    const char* name;
    const char* text;
    const char* part;
  } cases[] = {
      {"cut in a value", R"({"customer":"C-7","amount":1)", "cut off"},
      {"cut in a text", R"({"customer":"C-)", "/customer"},
      {"nothing", "", "no arguments"},
      {"trailing comma", R"({"customer":"C-7","amount":1,})", "not JSON"},
      {"prose around", R"(Sure! {"customer":"C-7","amount":1})", "not JSON"},
      {"two objects", R"({"customer":"C-7","amount":1}{"customer":"C-7","amount":1})", "not JSON"},
      {"a member twice", R"({"customer":"C-7","amount":1,"amount":2})", "twice"},
      {"not UTF-8", "{\"customer\":\"\xff\",\"amount\":1}", "UTF-8"},
  };

  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto check = check_arguments(*invoice(), c.text);
    EXPECT_EQ(check.verdict, Verdict::incomplete);
    EXPECT_TRUE(check.arguments.empty());
    EXPECT_NE(check.message.find(c.part), std::string::npos) << check.message;
  }
}

TEST(CheckArguments, AskForAnObject) {
  EXPECT_EQ(check_arguments(*invoice(), "[1]").verdict, Verdict::invalid);
}

TEST(CheckArguments, TakeNothingForNoArgumentsWhereNoneCanBeMeant) {
  const auto clock = contract_of(definition_of("clock", R"({"type":"object"})"));

  EXPECT_EQ(check_arguments(*clock, " ").arguments, "{}");
}

}  // namespace
}  // namespace taskgate::tools

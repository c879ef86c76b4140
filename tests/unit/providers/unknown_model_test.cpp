#include "taskgate/providers/unknown_model.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace taskgate::providers {
namespace {

std::string hint(std::string_view model) {
  const std::vector<std::string> providers{"local", "sim"};
  const std::vector<ProviderOff> off{{"openai", "set OPENAI_API_KEY"}};
  return hint_at_model(model, providers, off);
}

TEST(UnknownModel, SaysWhatMayHaveBeenMeant) {
  EXPECT_EQ(hint("locl/llama"), "did you mean \"local/llama\"?");
  EXPECT_EQ(hint("opnai/gpt-5"), "did you mean \"openai/gpt-5\"?");
  EXPECT_EQ(hint("echo"), "did you mean \"sim/echo\"?");
  EXPECT_EQ(hint("sim/ehco"), "there is no model sim/ehco — did you mean \"sim/echo\"?");
  EXPECT_EQ(hint("claude-opus"), "did you mean \"anthropic/claude-opus\"?");
  EXPECT_EQ(hint("llama"), "a model is written provider/model, e.g. \"sim/echo\"");
  EXPECT_EQ(hint("elsewhere/x"), "");
  EXPECT_EQ(hint("local/"), "") << "nothing is left to guess";
}

TEST(UnknownModel, SaysWhatSwitchesAProviderOn) {
  EXPECT_EQ(hint("openai/gpt-5"), "the provider \"openai\" is switched off: set OPENAI_API_KEY");
  EXPECT_EQ(hint("gpt-5"),
            "did you mean \"openai/gpt-5\"? But the provider \"openai\" is switched off: set "
            "OPENAI_API_KEY");
}

TEST(UnknownModel, NamesTheSimulatorsBadParameter) {
  EXPECT_EQ(hint("sim/lorem?tokns=5"),
            "sim/lorem has no parameter \"tokns\" — did you mean \"tokens\"?; it takes: ttft tps "
            "tokens");
  EXPECT_EQ(hint("sim/echo?tokens=5"), "sim/echo has no parameter \"tokens\"; it takes: ttft tps");
  EXPECT_EQ(hint("sim/lorem?tokens=0"),
            "the parameter \"tokens\" of sim/lorem cannot be \"0\" (docs/providers.md, The "
            "simulator)");
  EXPECT_EQ(hint("sim/lorem?tps=1&tps=2"), "the parameter \"tps\" is given twice");
  EXPECT_EQ(hint("sim/lorem?"), "nothing follows the ?");
  EXPECT_EQ(hint("sim/error").substr(0, 54),
            "sim/error needs a code, e.g. sim/error?code=context_le");
  EXPECT_NE(hint("sim/error?code=refuse").find("refusal"), std::string::npos);
}

}  // namespace
}  // namespace taskgate::providers

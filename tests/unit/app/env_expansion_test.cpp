#include "app/env_expansion.hpp"

#include <gtest/gtest.h>

namespace taskgate::app {
namespace {

const std::map<std::string, std::string> kEnvironment{
    {"NAME", "value"}, {"EMPTY", ""}, {"TRICKY", "${NAME}$$\""}, {"_x1", "u"}};

struct ExpansionCase {
  const char* text;
  const char* result;
};

const ExpansionCase kGood[] = {
    {"", ""},
    {"plain", "plain"},
    {"${NAME}", "value"},
    {"a${NAME}b${_x1}c", "avaluebuc"},
    {"${EMPTY}", ""},
    {"${EMPTY:-d}", "d"},
    {"${NAME:-d}", "value"},
    {"${UNSET:-}", ""},
    {"${UNSET:-http://x:1/y-z}", "http://x:1/y-z"},
    {"$$", "$"},
    {"$${NAME}", "${NAME}"},
    {"$$$${", "$${"},
    {"costs $5 or $", "costs $5 or $"},
    {"$NAME", "$NAME"},
    {"${TRICKY}", "${NAME}$$\""},
};

TEST(EnvExpansion, ReplacesNamesOnceAndNothingElse) {
  for (const auto& c : kGood) {
    SCOPED_TRACE(c.text);
    const auto expansion = expand_environment(c.text, kEnvironment);
    EXPECT_EQ(expansion.fault, "");
    EXPECT_EQ(expansion.text, c.result);
  }
}

const ExpansionCase kFaulty[] = {
    {"${UNSET}", "environment variable UNSET is not set"},
    {"x ${NAME", "`${` without `}`"},
    {"${}", "`${…}` holds no name of an environment variable"},
    {"${1A}", "`${…}` holds no name of an environment variable"},
    {"${A B}", "`${…}` holds no name of an environment variable"},
    {"${NAME-d}", "`${…}` holds no name of an environment variable"},
    {"${${NAME}}", "`${…}` holds no name of an environment variable"},
};

TEST(EnvExpansion, SaysWhyItCannot) {
  for (const auto& c : kFaulty) {
    SCOPED_TRACE(c.text);
    const auto expansion = expand_environment(c.text, kEnvironment);
    EXPECT_EQ(expansion.fault, c.result);
    EXPECT_NE(expansion.hint, "");
  }
}

}  // namespace
}  // namespace taskgate::app

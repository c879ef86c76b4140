// The fuzz target without a fuzzer: seeded mutations of a few inputs that reach every keyword, so
// that any compiler and every sanitizer run them.
#include "fuzz/schema_input.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace taskgate::checks {
namespace {

constexpr std::array kSeeds = {
    R"({"type":["object","null"],"properties":{"a":{"minimum":1,"multipleOf":0.1},"b":{"pattern":"^a+$"}},"required":["a"],"additionalProperties":false})"
    "\n"
    R"({"a":1.5,"b":"aaa","c":[1,2]})",
    R"({"prefixItems":[{"const":1}],"items":{"enum":["x",2,3,4,5,6,7,8,9]},"contains":{"type":"string"},"minContains":1,"maxContains":3,"uniqueItems":true,"unevaluatedItems":false})"
    "\n"
    R"([1,"x",2,"y"])",
    R"({"$ref":"#/$defs/t","$defs":{"t":{"$dynamicAnchor":"n","properties":{"k":{"items":{"$dynamicRef":"#n"}}},"unevaluatedProperties":false}}})"
    "\n"
    R"({"k":[{"k":[]},{"z":1}]})",
    R"({"anyOf":[{"if":{"minLength":2},"then":{"maxLength":3},"else":{"format":"date"}},{"not":{"type":"string"}}],"oneOf":[true,false]})"
    "\n"
    R"("2024-01-01")",
    R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"$ref":"#/definitions/a"}],"additionalItems":{"type":"integer"},"dependencies":{"a":["b"],"c":{"minProperties":2}},"definitions":{"a":{"propertyNames":{"pattern":"\\p{L}[^\\s]{1,3}"}}}})"
    "\n"
    R"([{"é1":1},2,-0.0,1e30])",
    R"({"patternProperties":{"^x-":{"format":"uri"},"(a|b){2,5}":true},"dependentSchemas":{"a":{"required":["b"]}},"dependentRequired":{"q":["r"]},"maxProperties":4})"
    "\n"
    R"({"x-1":"http://a.b/c?d#e","a":null,"q":1})",
};

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : engine_(seed) {}

  std::string mutated(std::string text) {
    const std::size_t times = 1 + below(6);
    for (std::size_t i = 0; i < times && !text.empty(); ++i) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return engine_() % bound; }

  void change(std::string& text) {
    constexpr std::string_view kPieces[] = {"{",
                                            "}",
                                            "[",
                                            "]",
                                            "\"",
                                            ",",
                                            ":",
                                            "true",
                                            "-1",
                                            "1e308",
                                            "null",
                                            "\\",
                                            "(",
                                            ")",
                                            "*",
                                            "{9}",
                                            "#",
                                            "/",
                                            "%25",
                                            "~1",
                                            "\xC3\xA4",
                                            "\"$ref\":\"#\",",
                                            "\"$id\":\"x\",",
                                            "\"not\":",
                                            "\n"};
    const std::size_t at = below(text.size());
    const std::size_t length = std::min<std::size_t>(1 + below(12), text.size() - at);
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(engine_());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 3:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      default:
        std::swap(text[at], text[below(text.size())]);
    }
  }

  std::mt19937 engine_;
};

TEST(SchemaMutations, NeverCrashHangOrContradictThemselves) {
  Mutator mutator(20'201'2);
  std::size_t runs = 0;
  for (int round = 0; round < 4'000; ++round) {
    for (const char* seed : kSeeds) {
      const std::string input = mutator.mutated(seed);
      SCOPED_TRACE(input);
      run_schema_input(input);
      ++runs;
    }
  }
  EXPECT_EQ(runs, 4'000 * kSeeds.size());
}

TEST(SchemaMutations, UnchangedSeedsAreTaken) {
  for (const char* seed : kSeeds) {
    const std::string_view text(seed);
    EXPECT_TRUE(compile_schema(text.substr(0, text.find('\n')))) << seed;
  }
}

}  // namespace
}  // namespace taskgate::checks

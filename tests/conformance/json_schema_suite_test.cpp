// The official JSON Schema test suite (json-schema-org/JSON-Schema-Test-Suite), read from
// ../shared/corpora/json-schema-test-suite when it is there: every required test of draft 2020-12
// and draft 7 must pass. The optional ones are counted, and those that are known to fail are named.
#include "taskgate/checks/schema.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

namespace taskgate::checks {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path suite_folder() {
  return fs::path(TASKGATE_SOURCE_DIR) / "../shared/corpora/json-schema-test-suite";
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What the suite's README says about remotes: they are found under http://localhost:1234.
std::vector<KnownSchema> remotes() {
  std::vector<KnownSchema> out;
  const fs::path folder = suite_folder() / "remotes";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    out.push_back({"http://localhost:1234/" + fs::relative(entry.path(), folder).generic_string(),
                   bytes_of(entry.path())});
  }
  return out;
}

/// One row: why the standard, and not the test, is followed. None is disputed.
struct Disputed {
  std::string_view test;
  std::string_view why;
};
constexpr std::array<Disputed, 0> kDisputed = {};

/// Optional tests that fail, with the reason. A prefix of "file: schema: test".
struct KnownToFail {
  std::string_view test;
  std::string_view why;
};
constexpr std::array kKnownToFail = {
    KnownToFail{"cross-draft", "refers to a schema of draft 2019-09, which is not supported"},
    KnownToFail{"idn-hostname", "not asserted: takes the tables of IDNA2008"},
    KnownToFail{"hostname: validation of A-label", "IDNA2008 again: A-labels are not decoded"},
    KnownToFail{"content: ", "content is an annotation here in both drafts"},
};

template <class Table>
bool is_in(const Table& table, const std::string& name) {
  return std::any_of(table.begin(), table.end(),
                     [&](const auto& row) { return name.starts_with(row.test); });
}

struct Figures {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::vector<std::string> failures;
};

class Suite {
 public:
  Suite(SchemaDraft draft, std::string folder) : folder_(std::move(folder)) {
    options_.default_draft = draft;
    options_.known = remotes();
  }

  Figures run(const std::string& below, FormatMode format) {
    options_.format = format;
    Figures figures;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(suite_folder() / "tests" / folder_ / below)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) run_file(file, figures);
    return figures;
  }

 private:
  void run_file(const fs::path& file, Figures& figures) {
    for (const json& group : json::parse(bytes_of(file))) {
      const auto schema = compile_schema(group["schema"].dump(), options_);
      for (const json& test : group["tests"]) {
        const std::string name = file.stem().string() + ": " +
                                 group["description"].get<std::string>() + ": " +
                                 test["description"].get<std::string>();
        std::string got = schema ? "" : schema.error().message();
        bool right = false;
        if (schema) {
          const ValidationOutcome outcome = schema->validate(test["data"]);
          got = to_string(outcome.verdict);
          right = outcome.verdict == (test["valid"].get<bool>() ? ValidationVerdict::valid
                                                                : ValidationVerdict::invalid);
          if (outcome.verdict == ValidationVerdict::invalid)
            right = right && !outcome.violations.empty();
        }
        (right ? figures.passed : figures.failed)++;
        if (!right) figures.failures.push_back(name + " -> " + got);
      }
    }
  }

  std::string folder_;
  SchemaOptions options_;
};

void expect_all_required(SchemaDraft draft, const std::string& folder, std::size_t at_least) {
  if (!fs::exists(suite_folder()))
    GTEST_SKIP() << "the JSON Schema suite is not there: ../shared/corpora/json-schema-test-suite";
  const Figures figures = Suite(draft, folder).run("", FormatMode::annotation);
  for (const std::string& failure : figures.failures)
    EXPECT_TRUE(is_in(kDisputed, failure)) << failure;
  std::cout << folder << ", required: " << figures.passed << " of "
            << figures.passed + figures.failed << " pass\n";
  EXPECT_GE(figures.passed + figures.failed, at_least);
}

void count_optional(SchemaDraft draft, const std::string& folder) {
  if (!fs::exists(suite_folder()))
    GTEST_SKIP() << "the JSON Schema suite is not there: ../shared/corpora/json-schema-test-suite";
  Suite suite(draft, folder);
  for (const auto& [below, format] : {std::pair{"optional", FormatMode::annotation},
                                      std::pair{"optional/format", FormatMode::assertion}}) {
    const Figures figures = suite.run(below, format);
    std::cout << folder << ", " << below << ": " << figures.passed << " of "
              << figures.passed + figures.failed << " pass\n";
    EXPECT_GT(figures.passed, 0U) << "no test was found";
    for (const std::string& failure : figures.failures)
      EXPECT_TRUE(is_in(kKnownToFail, failure)) << failure;
  }
}

TEST(JsonSchemaSuite, PassesEveryRequiredTestOfDraft202012) {
  expect_all_required(SchemaDraft::draft_2020_12, "draft2020-12", 1200);
}

TEST(JsonSchemaSuite, PassesEveryRequiredTestOfDraft7) {
  expect_all_required(SchemaDraft::draft_7, "draft7", 900);
}

TEST(JsonSchemaSuite, OptionalTestsOfDraft202012FailOnlyWhereKnown) {
  count_optional(SchemaDraft::draft_2020_12, "draft2020-12");
}

TEST(JsonSchemaSuite, OptionalTestsOfDraft7FailOnlyWhereKnown) {
  count_optional(SchemaDraft::draft_7, "draft7");
}

}  // namespace
}  // namespace taskgate::checks

// Every fault of an upstream as a test of its own; with --table, all of them as a table.

#include "faults/fault.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <ostream>

namespace taskgate::test {

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

namespace {

class UpstreamFault : public testing::TestWithParam<Fault> {};

TEST_P(UpstreamFault, BecomesItsTypedOutcome) {
  const auto seen = play(GetParam());

  for (const auto& complaint : seen.complaints)
    ADD_FAILURE() << GetParam().name << ": " << complaint;
}

std::string identifier(const testing::TestParamInfo<Fault>& info) {
  std::string name = info.param.protocol + "_" + info.param.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, UpstreamFault, testing::ValuesIn(all_faults()), identifier);

TEST(UpstreamFaults, AreSixtyAtLeastAndNamedApart) {
  const auto faults = all_faults();
  std::vector<std::string> names;
  for (const auto& fault : faults) names.push_back(fault.protocol + fault.name);
  std::sort(names.begin(), names.end());

  EXPECT_GE(faults.size(), 60U);
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

const char* or_dash(const std::string& text) {
  return text.empty() ? "-" : text.c_str();
}

int print_table() {
  const auto faults = all_faults();
  std::size_t wrong = 0;
  std::printf("%-9s  %-16s  %-50s  %-15s  %-16s  %-10s  %-8s  %-9s  %s\n", "kind", "protocol",
              "fault", "status", "error", "class", "retried", "final", "ok");
  for (const auto& fault : faults) {
    const auto seen = play(fault);
    const auto& outcome = seen.outcome;
    const bool retried = !outcome.failure_class.empty();
    std::string when = retried ? "yes" : "no";
    if (seen.delay && fault.least_delay) when = std::to_string(seen.delay->count()) + " ms";
    std::printf("%-9s  %-16s  %-50s  %-15s  %-16s  %-10s  %-8s  %-9s  %s\n", fault.kind.c_str(),
                fault.protocol.c_str(), fault.name.c_str(), outcome.status.c_str(),
                or_dash(outcome.error), or_dash(outcome.failure_class), when.c_str(),
                seen.final_status.c_str(), seen.complaints.empty() ? "ok" : "WRONG");
    for (const auto& complaint : seen.complaints) std::printf("           %s\n", complaint.c_str());
    std::fflush(stdout);
    if (!seen.complaints.empty()) ++wrong;
  }
  std::printf("%zu faults, %zu wrong\n", faults.size(), wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::test

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--table") == 0) return taskgate::test::print_table();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

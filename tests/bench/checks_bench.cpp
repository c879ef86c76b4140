// What the checks cost: microseconds for one answer of 1 KB, 100 KB and 1 MB.
//
//   checks_bench [--smoke]     the median of the runs, for each size and kind of answer

#include "taskgate/checks/report.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::bench {
namespace {

constexpr const char* kSchema =
    R"({"type":"object","properties":{"items":{"type":"array","items":{"type":"object",
        "properties":{"id":{"type":"integer"},"item_name":{"type":"string"},
        "unit_price":{"type":"number"},"in_stock":{"type":"boolean"}},
        "required":["id","item_name","unit_price"]}}},"required":["items"]})";

std::string json_of(std::size_t bytes) {
  std::string text = "{\"items\":[";
  for (int i = 0; text.size() < bytes; ++i) {
    if (i > 0) text += ',';
    text += "{\"id\":" + std::to_string(i) + ",\"item_name\":\"Oak table, small, number " +
            std::to_string(i) + "\",\"unit_price\":12.5,\"in_stock\":true}";
  }
  return text + "]}";
}

std::string prose_of(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i)
    text += "The order 55" + std::to_string(100 + i % 800) +
            "-AB left the warehouse on 9 June 2025 and weighs 2.35 kg in all. ";
  return text;
}

struct Kind {
  const char* name;
  bool is_json;
  bool grounded;
  bool cut;
};
constexpr Kind kKinds[] = {
    {"prose", false, false, false},
    {"prose, grounded", false, true, false},
    {"JSON, schema", true, false, false},
    {"JSON, schema, cut", true, false, true},
};

double median_us(const checks::CheckInput& input, const checks::CompiledSchema& schema, int runs) {
  std::vector<double> times;
  const auto* used = input.asked.output_schema.empty() ? nullptr : &schema;
  for (int i = 0; i < runs; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    const auto report = checks::run_checks(input, {}, used);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    times.push_back(took.count() + (report.findings.size() > 1'000 ? 1e9 : 0));
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<std::size_t>(runs / 2)];
}

int run(bool smoke) {
  const auto schema = checks::compile_schema(kSchema).value();
  std::printf("| answer | 1 KB | 100 KB | 1 MB |\n|---|---|---|---|\n");
  for (const auto& kind : kKinds) {
    std::printf("| %s |", kind.name);
    for (const std::size_t bytes : {1'000, 100'000, 1'000'000}) {
      checks::CheckInput input;
      input.answered.finish = checks::Finish::stop;
      input.answered.text = kind.is_json ? json_of(bytes) : prose_of(bytes);
      if (kind.cut) input.answered.text.resize(input.answered.text.size() - 20);
      if (kind.is_json) input.asked.output_schema = kSchema;
      if (kind.grounded) {
        input.asked.grounded = true;
        input.asked.context = {prose_of(bytes)};
      }
      const int runs = smoke ? 1 : static_cast<int>(std::max<std::size_t>(5, 2'000'000 / bytes));
      std::printf(" %.0f µs |", median_us(input, schema, runs));
      (void)std::fflush(stdout);
    }
    std::printf("\n");
  }
  return 0;
}

}  // namespace
}  // namespace taskgate::bench

int main(int argc, char** argv) {
  return taskgate::bench::run(argc > 1 && std::string_view(argv[1]) == "--smoke");
}

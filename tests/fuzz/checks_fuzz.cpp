// Arbitrary bytes as model output through the whole pure pipeline: no crash, no exception, no
// answer that would break the task object, whatever a model writes.
//
// With clang and -fsanitize=fuzzer this is a libFuzzer target (LLVMFuzzerTestOneInput). Without,
// the program mutates its own seeds for the seconds given: checks_fuzz [SECONDS] [SEED].

#include "taskgate/checks/judge.hpp"
#include "taskgate/checks/recovery.hpp"
#include "taskgate/checks/report.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>

#ifndef TASKGATE_LIBFUZZER
#include <chrono>
#include <iterator>
#include <random>
#endif

namespace taskgate::fuzz {
namespace {

constexpr const char* kSchema =
    R"({"type":"object","properties":{"total":{"type":"integer"},"unit_price":{"type":"number"},
        "tags":{"type":"array","items":{"type":"string"}},"state":{"enum":["open","done"]},
        "answer":{"type":"string","pattern":"^[a-z ]+$"},"next":{"$ref":"#"},
        "choice":{"anyOf":[{"type":"integer"},{"type":"null"}]}},
        "required":["total"],"additionalProperties":false})";

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// The first byte chooses the circumstances, the rest is what the model wrote.
checks::CheckInput input_of(std::string_view bytes) {
  const unsigned choice = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
  const std::string text(bytes.empty() ? bytes : bytes.substr(1));
  checks::CheckInput input;
  input.answered.text = text;
  input.answered.finish = static_cast<checks::Finish>(choice % 6);
  input.answered.saw_terminal = (choice & 0x08) == 0;
  if ((choice & 0x10) != 0) input.asked.output_schema = kSchema;
  if ((choice & 0x20) != 0) {
    input.asked.grounded = true;
    input.asked.context = {"INV-2025-0042 costs 1,234.50 EUR since 4 March 2025",
                           text.substr(0, 64)};
    input.asked.catalogues.push_back({"/tags/*", {"a"}});
  }
  if ((choice & 0x40) != 0) {
    input.asked.tools.push_back({"pay", {"amount"}, true, checks::ToolSpec::Effect::write});
    input.answered.tool_calls.push_back({"pay", text});
  }
  if ((choice & 0x80) != 0) {
    input.answered.other_samples = {text, R"({"total":1})"};
    const auto half = text.size() / 2;
    input.answered.logprobs = {{text.substr(0, half), -0.5}, {text.substr(half), -3}};
  }
  return input;
}

void check_one(std::string_view bytes) {
  static const auto schema = checks::compile_schema(kSchema).value();
  const auto input = input_of(bytes);
  const checks::Policy policy;
  const auto* used = input.asked.output_schema.empty() ? nullptr : &schema;
  const auto report = checks::run_checks(input, policy, used);
  require(report.status == TaskStatus::success || report.status == TaskStatus::partial_success ||
              report.status == TaskStatus::failed,
          "the status is final");
  require(report.output.empty() || nlohmann::json::accept(report.output), "the output is JSON");
  require(report.findings.size() < 200, "findings are bounded");
  for (const auto& finding : report.findings) {
    require(nlohmann::json::accept(finding.recovery.params), "recovery params are JSON");
    require(report.status != TaskStatus::success || finding.severity == checks::Severity::info,
            "a success holds nothing above info");
    require(finding.evidence.size() < 2'000 && finding.message.size() < 5'000, "texts are bounded");
  }
  const auto plan = checks::plan_recovery(report, policy, {}, {});
  require(plan.feedback.size() < 32'000, "feedback is bounded");
  require(nlohmann::json::accept(checks::to_json(report.confidence)), "confidence is JSON");
  (void)checks::findings_of_judge(input.answered.text, 1);
}

}  // namespace
}  // namespace taskgate::fuzz

#ifdef TASKGATE_LIBFUZZER

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  taskgate::fuzz::check_one({reinterpret_cast<const char*>(data), size});
  return 0;
}

#else

namespace {

constexpr const char* kSeeds[] = {
    R"({"total":12,"unit_price":1.5,"tags":["a","b"],"state":"open","answer":"fine"})",
    R"({"Total":"12","unitPrice":"1.5","tags":"a","state":"Open","next":{"total":1}})",
    "Here it is:\n```json\n{\"total\":1,\"choice\":null}\n```\nBye",
    "I'm sorry, but I can't help with that. \"A quotation of some length\" [3] on 4 March 2025.",
    "See https://example.com/x?y=1, INV-2025-0042, a@b.example, 1.234,50 EUR and \\u00e9 \xC3\xA9.",
    "{\"next\":{\"next\":{\"next\":{\"total\":[[[[[[1e308,-0,\"\\ud83d\\ude00\"]]]]]]}}}}",
    "申し訳ありませんが、お手伝いできません。 Извините, я не могу помочь.",
};

std::string mutated(std::string text, std::mt19937_64& random) {
  const auto at = [&] { return text.empty() ? 0 : random() % text.size(); };
  for (std::uint64_t i = random() % 8; i > 0; --i) {
    switch (random() % 7) {
      case 0:
        if (!text.empty()) text[at()] = static_cast<char>(random());
        break;
      case 1:
        text.insert(at(), 1, "{}[]\",:\\0 e-"[random() % 12]);
        break;
      case 2:
        if (!text.empty()) text.erase(at(), 1 + random() % 8);
        break;
      case 3:
        text.resize(at());
        break;
      case 4:
        text.insert(at(), kSeeds[random() % std::size(kSeeds)]);
        break;
      case 5:
        text.insert(at(), std::string(random() % 300, "[{\"a1 "[random() % 6]));
        break;
      default:
        if (text.size() < 20'000) text += text.substr(at());
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const char* from_outside = std::getenv("TASKGATE_FUZZ_SECONDS");
  const char* wanted = argc > 1 ? argv[1] : from_outside;
  const long seconds = wanted != nullptr ? std::strtol(wanted, nullptr, 10) : 5;
  const auto seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::mt19937_64 random(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  unsigned long long runs = 0;
  std::string text;
  do {
    if (runs % 16 == 0) text = kSeeds[random() % std::size(kSeeds)];
    text = mutated(std::move(text), random);
    taskgate::fuzz::check_one(static_cast<char>(random()) + text);
    ++runs;
  } while (std::chrono::steady_clock::now() < end);
  std::printf("%llu answers, seed %llu\n", runs, static_cast<unsigned long long>(seed));
  return 0;
}

#endif

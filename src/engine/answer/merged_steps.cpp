#include "engine/answer/merged_steps.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace taskgate::engine {
namespace {

using StepJson = nlohmann::ordered_json;

struct PlacedStep {
  std::string at;  // RFC 3339 in UTC, of one width: ordered as text
  StepJson step;
  bool of_answer = false;
};

// A call that was never sent has no time of its own: it stands behind the turn that asked for it.
void place_steps(const std::string& steps, bool of_answer, std::vector<PlacedStep>& all) {
  auto array = StepJson::parse("[" + steps + "]", nullptr, false);
  if (!array.is_array()) return;
  std::string at;
  for (auto& step : array) {
    const auto started = step.value("started_at", StepJson());
    if (started.is_string()) at = std::max(at, started.get<std::string>());
    all.push_back({at, std::move(step), of_answer});
  }
}

}  // namespace

void merge_steps(FinalResult& result, std::size_t findings) {
  if (result.agent_steps.empty()) return;
  std::vector<PlacedStep> all;
  place_steps(result.agent_steps, false, all);
  place_steps(result.steps, true, all);
  std::stable_sort(all.begin(), all.end(),
                   [](const PlacedStep& a, const PlacedStep& b) { return a.at < b.at; });
  std::map<int, int> renumbered;  // the answer's numbers, which its findings name
  result.steps.clear();
  int index = 0;
  for (auto& placed : all) {
    ++index;
    if (placed.of_answer) renumbered[placed.step.value("index", 0)] = index;
    placed.step["index"] = index;
    for (auto& error : placed.step["errors"]) {
      const auto about = renumbered.find(error.value("step", 0));
      if (placed.of_answer && about != renumbered.end()) error["step"] = about->second;
    }
    if (!result.steps.empty()) result.steps += ',';
    result.steps += placed.step.dump(-1, ' ', false, StepJson::error_handler_t::replace);
  }
  findings = std::min(findings, result.findings.size());
  for (std::size_t i = 0; i < findings; ++i) {
    const auto about = renumbered.find(result.findings[i].step);
    if (about != renumbered.end()) result.findings[i].step = about->second;
  }
}

}  // namespace taskgate::engine

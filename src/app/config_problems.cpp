// How problems of the configuration are told.

#include "taskgate/app/config_loader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::app {
namespace {

constexpr std::size_t kLongestShownLine = 160;

const char* severity_name(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::string place_of(const ConfigProblem& problem) {
  if (problem.line == 0) return problem.source;
  return problem.source + ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
}

// What goes under the first `count` characters of the line: tabs stay tabs.
std::string padding(const std::string& line, std::size_t count) {
  std::string pad;
  for (const char c : line) {
    if (pad.size() == count) break;
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    pad += c == '\t' ? '\t' : ' ';
  }
  pad.resize(count, ' ');
  return pad;
}

std::string excerpt(const ConfigProblem& problem) {
  std::string number = std::to_string(problem.line);
  number.insert(0, 5 - std::min<std::size_t>(5, number.size()), ' ');
  std::string text = number + " | " + problem.source_line + "\n";
  text +=
      std::string(number.size(), ' ') + " | " + padding(problem.source_line, problem.column - 1);
  text += '^' + std::string(problem.length - 1, '~');
  if (!problem.hint.empty()) text += "  hint: " + problem.hint;
  return text + "\n";
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::size_t count_errors(const std::vector<ConfigProblem>& problems) {
  return static_cast<std::size_t>(std::count_if(
      problems.begin(), problems.end(),
      [](const ConfigProblem& problem) { return problem.severity == Severity::error; }));
}

}  // namespace

std::string format_problems(const std::vector<ConfigProblem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    text += place_of(problem) + ": " + severity_name(problem.severity) + ": ";
    if (!problem.pointer.empty()) text += problem.pointer + ": ";
    text += problem.message + "\n";
    if (problem.line > 0 && problem.source_line.size() <= kLongestShownLine) {
      text += excerpt(problem);
    } else if (!problem.hint.empty()) {
      text += "      hint: " + problem.hint + "\n";
    }
  }
  return text;
}

std::string summarize_problems(const std::vector<ConfigProblem>& problems) {
  const std::size_t errors = count_errors(problems);
  return counted(problems.size(), "problem") + " (" + counted(errors, "error") + ", " +
         counted(problems.size() - errors, "warning") + "). Nothing was changed.";
}

std::string problems_json(const std::vector<ConfigProblem>& problems) {
  using nlohmann::ordered_json;
  ordered_json list = ordered_json::array();
  for (const auto& problem : problems) {
    ordered_json item = {{"severity", severity_name(problem.severity)}, {"source", problem.source}};
    if (problem.line > 0) {
      item["line"] = problem.line;
      item["column"] = problem.column;
    }
    item["path"] = problem.pointer;
    item["message"] = problem.message;
    if (!problem.hint.empty()) item["hint"] = problem.hint;
    list.push_back(std::move(item));
  }
  const ordered_json result = {{"ok", count_errors(problems) == 0}, {"problems", std::move(list)}};
  return result.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace taskgate::app

#include "api/task_input.hpp"

#include "api/characters.hpp"
#include "api/raw_members.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/suggest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::api {
namespace {

using nlohmann::json;
using AnswerKind = engine::TaskInput::Kind;

constexpr auto kAnswers = std::to_array<std::string_view>({"approve", "deny", "edit", "resolve"});
constexpr auto kApproveFields = std::to_array<std::string_view>({"key"});
constexpr auto kDenyFields = std::to_array<std::string_view>({"key", "reason"});
constexpr auto kEditFields = std::to_array<std::string_view>({"key", "arguments"});
constexpr auto kResolveFields = std::to_array<std::string_view>({"key", "executed", "result"});
constexpr std::size_t kMaxReason = 2000;  // characters
constexpr std::size_t kMaxKey = 64;
constexpr std::size_t kMostFaults = 20;

std::span<const std::string_view> fields_of(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::approve:
      return kApproveFields;
    case AnswerKind::deny:
      return kDenyFields;
    case AnswerKind::edit:
      return kEditFields;
    case AnswerKind::resolve:
      break;
  }
  return kResolveFields;
}

void refuse_strangers(const json& object,
                      std::span<const std::string_view> known,
                      const std::string& place,
                      std::vector<Fault>& faults) {
  for (const auto& [name, value] : object.items()) {
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    if (is_known || faults.size() >= kMostFaults) continue;
    std::string path = place;
    append_pointer_segment(path, std::string_view(name).substr(0, 64));
    const std::string hint = name.size() <= 64 ? did_you_mean(name, known) : std::string();
    faults.push_back({std::move(path), "is not a field that is known here" + hint});
  }
}

void read_key(const json& answer,
              const std::string& place,
              engine::TaskInput& input,
              std::vector<Fault>& faults) {
  const auto key = answer.find("key");
  if (key == answer.end()) {
    faults.push_back({place + "/key", "is required: it stands in the task's required_input"});
    return;
  }
  if (key->is_string()) input.key = key->get<std::string>();
  if (input.key.empty() || input.key.size() > kMaxKey)
    faults.push_back({place + "/key", "expected a call's key such as \"tg_…\""});
}

// As the client wrote it: what is sent to a tool, or told to the model, must not be rounded.
std::string written_value(const std::vector<RawMember>& members, std::string_view name) {
  for (const auto& member : members) {
    if (member.name == name) return std::string(member.value);
  }
  return {};
}

void read_rest(const json& answer,
               const std::vector<RawMember>& written,
               engine::TaskInput& input,
               std::vector<Fault>& faults) {
  const auto member = [&answer](const char* name) -> const json* {
    const auto found = answer.find(name);
    return found == answer.end() ? nullptr : &*found;
  };
  if (const auto* reason = member("reason"); input.kind == AnswerKind::deny && reason != nullptr) {
    if (reason->is_string()) input.reason = reason->get<std::string>();
    if (!reason->is_string() || count_characters(input.reason) > kMaxReason)
      faults.push_back({"/deny/reason", "expected a string of at most 2000 characters"});
  }
  if (input.kind == AnswerKind::edit) {
    const auto* arguments = member("arguments");
    if (arguments != nullptr && arguments->is_object()) {
      input.arguments = written_value(written, "arguments");
    } else {
      faults.push_back({"/edit/arguments", "expected an object: the arguments to send instead"});
    }
  }
  if (input.kind == AnswerKind::resolve) {
    const auto* executed = member("executed");
    if (executed != nullptr && executed->is_boolean()) {
      input.executed = executed->get<bool>();
    } else {
      faults.push_back({"/resolve/executed", "expected true or false"});
    }
    input.result = written_value(written, "result");
  }
}

// Of two equal names one would be lost, and nobody could say which was meant.
bool refuse_repeated(const std::vector<RawMember>& members,
                     const std::string& place,
                     std::vector<Fault>& faults) {
  const auto name = repeated_name(members);
  if (name.empty()) return false;
  std::string path = place;
  append_pointer_segment(path, name);
  faults.push_back({std::move(path), "is given twice"});
  return true;
}

void read_answer(const json& document,
                 const std::string& body,
                 engine::TaskInput& input,
                 std::vector<Fault>& faults) {
  refuse_strangers(document, kAnswers, "", faults);
  int answers = 0;
  std::string_view given;
  for (std::size_t i = 0; i < kAnswers.size(); ++i) {
    if (!document.contains(std::string(kAnswers[i]))) continue;
    ++answers;
    given = kAnswers[i];
    input.kind = static_cast<AnswerKind>(i);
  }
  if (answers != 1) {
    faults.push_back({"", "expected exactly one of approve, deny, edit, resolve"});
    return;
  }
  const std::string place = "/" + std::string(given);
  const auto& answer = document[std::string(given)];
  if (!answer.is_object()) {
    faults.push_back({place, "expected an object with the call's key"});
    return;
  }
  refuse_strangers(answer, fields_of(input.kind), place, faults);
  const auto outer = raw_members(body);
  if (refuse_repeated(outer, "", faults)) return;
  const auto text = written_value(outer, given);
  const auto written = raw_members(text);
  if (refuse_repeated(written, place, faults)) return;
  read_key(answer, place, input, faults);
  read_rest(answer, written, input, faults);
}

}  // namespace

ParsedTaskInput read_task_input(const std::string& body) {
  ParsedTaskInput parsed;
  const auto guard = guard_json(body);
  const auto document = guard ? json(json::value_t::discarded) : json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    parsed.problem.emplace(ProblemCode::malformed_request, "the body is not valid JSON");
    return parsed;
  }
  std::vector<Fault> faults;
  if (document.is_object()) {
    read_answer(document, body, parsed.input, faults);
  } else {
    faults.push_back({"", "expected an object with approve, deny, edit or resolve"});
  }
  if (faults.empty()) return parsed;
  parsed.problem.emplace(ProblemCode::invalid_request, "the answer is not valid; see errors");
  parsed.problem->faults = std::move(faults);
  return parsed;
}

}  // namespace taskgate::api

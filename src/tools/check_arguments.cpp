#include "taskgate/checks/json_scanner.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/tools/toolbox.hpp"
#include "tools/arguments.hpp"

#include <utility>

namespace taskgate::tools {
namespace {

using nlohmann::json;
using Verdict = ArgumentCheck::Verdict;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

ArgumentCheck refused(Verdict verdict, const ToolContract& contract, const std::string& why) {
  ArgumentCheck check;
  check.verdict = verdict;
  check.message = "the call of " + contract.definition.name + " was not made: " + why;
  return check;
}

// Why the text is not one whole JSON document; empty when it is.
std::string incompleteness(std::string_view text) {
  if (const auto fault = guard_json(text)) return "its arguments are " + to_string(*fault);
  checks::JsonScanner scanner;
  switch (checks::scan_json(text, scanner)) {
    case checks::ScanState::complete:
      return {};
    case checks::ScanState::empty:
      return "it has no arguments; write a JSON object, {} when there are none";
    case checks::ScanState::open:
      return "its arguments are cut off at \"" + scanner.cut_pointer() + "\"";
    case checks::ScanState::invalid:
      break;
  }
  return "its arguments are not JSON at byte " + std::to_string(scanner.offset());
}

ArgumentCheck judged(const ToolContract& contract, const json& document, std::string text) {
  const auto outcome = contract.arguments.validate(document);
  ArgumentCheck check;
  if (outcome.is_valid()) {
    check.verdict = Verdict::valid;
    check.arguments = std::move(text);
    return check;
  }
  std::string why = "its arguments do not fit its schema";
  if (outcome.verdict != checks::ValidationVerdict::invalid) {
    why = std::string("its arguments cannot be checked (") + to_string(outcome.verdict) + ")";
  }
  for (const auto& violation : outcome.violations) why += "\n- " + violation.message();
  if (outcome.has_more) why += "\n- and more";
  check = refused(Verdict::invalid, contract, why);
  check.violations = outcome.violations;
  return check;
}

}  // namespace

ArgumentCheck check_arguments(const ToolContract& contract, std::string_view text) {
  // A cut after no byte looks the same as no argument, unless there is none to be had.
  if (is_blank(text) && contract.arguments.properties_at("").empty()) text = "{}";
  if (const auto why = incompleteness(text); !why.empty()) {
    return refused(Verdict::incomplete, contract, why);
  }
  const auto exact = read_exactly(text);
  if (!exact) return refused(Verdict::incomplete, contract, exact.error().message());
  if (!exact->is_object()) {
    return refused(Verdict::invalid, contract,
                   std::string("its arguments must be an object, not ") + exact->type_name());
  }
  const json document = json::parse(text, nullptr, false);
  return judged(contract, document, std::string(text));
}

}  // namespace taskgate::tools

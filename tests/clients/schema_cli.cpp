// For the differential test: one JSON line in, {"schema": …, "draft": 7 or 2020, "documents": […]};
// one JSON line out, {"verdicts": ["valid", …]} or {"error": "…"}. Both streams are standard ones.
#include "taskgate/checks/schema.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace {

using nlohmann::json;
namespace checks = taskgate::checks;

json answer(const json& question) {
  checks::SchemaOptions options;
  if (question.at("draft") == 7) options.default_draft = checks::SchemaDraft::draft_7;
  const auto schema = checks::compile_schema(question.at("schema").dump(), options);
  if (!schema) return {{"error", schema.error().message()}};
  json verdicts = json::array();
  for (const json& document : question.at("documents"))
    verdicts.push_back(checks::to_string(schema->validate(document).verdict));
  return {{"verdicts", std::move(verdicts)}};
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const json question = json::parse(line, nullptr, false);
    if (question.is_discarded()) return 1;
    std::cout << answer(question).dump() << '\n';
  }
  return 0;
}

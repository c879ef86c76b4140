// What it costs to check a document against its JSON Schema: a made document of 2.3 KB with an
// array of 50 items, ours and, where libvalijson-dev is installed, valijson on the same parsed
// document. Prints Markdown; nothing else should be busy on the machine.
#include "taskgate/checks/schema.hpp"

#include <nlohmann/json.hpp>
#ifdef TASKGATE_BENCH_VALIJSON
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

using nlohmann::json;
namespace checks = taskgate::checks;

constexpr const char* kPlain = R"({
  "type": "object",
  "required": ["id", "currency", "items"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 40},
    "currency": {"enum": ["EUR", "USD", "GBP", "JPY"]},
    "note": {"type": ["string", "null"]},
    "items": {
      "type": "array", "minItems": 1, "maxItems": 500,
      "items": {
        "type": "object",
        "required": ["sku", "qty", "price"],
        "additionalProperties": false,
        "properties": {
          "sku": {"type": "string", "minLength": 3, "maxLength": 12},
          "qty": {"type": "integer", "minimum": 1, "maximum": 999},
          "price": {"type": "number", "minimum": 0}
        }
      }
    }
  }
})";

// The same with what models are often asked for: a pattern on every item, a choice, cents.
std::string rich_schema() {
  json schema = json::parse(kPlain);
  json& item = schema["properties"]["items"]["items"];
  item["properties"]["sku"] = {{"type", "string"}, {"pattern", "^[A-Z]-[0-9]{4}-EU$"}};
  item["properties"]["price"]["multipleOf"] = 0.01;
  item["properties"]["qty"] = {
      {"anyOf", {{{"type", "null"}}, {{"type", "integer"}, {"minimum", 1}}}}};
  return schema.dump();
}

std::string document() {
  json out = {{"id", "order-2024-000017"}, {"currency", "EUR"}, {"note", std::string(160, 'n')}};
  for (int i = 0; i < 50; ++i) {
    std::array<char, 16> sku{};
    std::snprintf(sku.data(), sku.size(), "%c-%04d-EU", 'A' + i % 26, i * 37);
    out["items"].push_back(
        {{"sku", sku.data()}, {"qty", 1 + i % 9}, {"price", (199 + i * 41) / 100.0}});
  }
  return out.dump();
}

constexpr int kRounds = 25;
constexpr int kRunsPerRound = 400;

// Median microseconds of one run; `run` returns whether the document fitted.
template <class Run>
double microseconds(Run run) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    bool all = true;
    for (int i = 0; i < kRunsPerRound; ++i) all = run() && all;
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    if (!all) return -1;
    rounds.push_back(took.count() / kRunsPerRound);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[rounds.size() / 2];
}

void row(const std::string& what, double value) {
  std::printf("| %s | %.1f |\n", what.c_str(), value);
}

#ifdef TASKGATE_BENCH_VALIJSON
void valijson_row(const std::string& name, const std::string& schema_text, const json& parsed) {
  const json schema_document = json::parse(schema_text);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document), schema);
  const double value = microseconds([&] {
    valijson::Validator validator;
    return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(parsed), nullptr);
  });
  row(name + (value < 0 ? ": valijson wrongly refuses it" : ": valijson, validation only"), value);
}
#endif

bool rows(const std::string& name, const std::string& schema_text, const std::string& text) {
  const auto schema = checks::compile_schema(schema_text);
  const json parsed = json::parse(text);
  if (!schema || !schema->validate(parsed).is_valid()) return false;
  json wrong = parsed;
  wrong["items"][49]["qty"] = "9";

  row(name + ": compiling the schema",
      microseconds([&] { return checks::compile_schema(schema_text).has_value(); }));
  row(name + ": validation only",
      microseconds([&] { return schema->validate(parsed).is_valid(); }));
  row(name + ": parsing and validation",
      microseconds([&] { return schema->validate(json::parse(text)).is_valid(); }));
  row(name + ": an invalid document, with its violation",
      microseconds([&] { return !schema->validate(wrong).violations.empty(); }));
#ifdef TASKGATE_BENCH_VALIJSON
  valijson_row(name, schema_text, parsed);
#endif
  return true;
}

}  // namespace

int main() {
  const std::string text = document();
  std::printf("A document of %zu bytes, 50 items; median of %d rounds of %d runs\n\n", text.size(),
              kRounds, kRunsPerRound);
  std::printf("| what | µs |\n|---|---|\n");
  row("parsing only (nlohmann/json)", microseconds([&] { return json::parse(text).is_object(); }));
  if (!rows("plain", kPlain, text) || !rows("patterns, anyOf, multipleOf", rich_schema(), text)) {
    std::cerr << "the document does not fit its schema\n";
    return 1;
  }
  return 0;
}

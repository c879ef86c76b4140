#include "quality/measure.hpp"

#include "quality/corpus.hpp"
#include "taskgate/checks/json_scanner.hpp"
#include "taskgate/checks/report.hpp"

#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>

namespace taskgate::quality {

using nlohmann::json;

namespace {

constexpr double kZ = 1.959963984540054;  // the 97.5 % quantile of the normal distribution

double wilson(const Rate& rate, double sign) {
  if (rate.of == 0) return sign < 0 ? 0 : 1;
  const auto n = static_cast<double>(rate.of);
  const double p = rate.value();
  const double centre = p + kZ * kZ / (2 * n);
  const double spread = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return (centre + sign * spread) / (1 + kZ * kZ / n);
}

checks::CheckInput answer_of(const std::string& text, const std::string& schema) {
  checks::CheckInput input;
  input.answered.text = text;
  input.answered.finish = checks::Finish::stop;
  input.asked.output_schema = schema;
  return input;
}

checks::CompiledSchema compiled(const json& schema) {
  auto result = checks::compile_schema(schema.dump());
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

bool has_finding(const checks::Report& report, checks::FindingType type, bool above_info) {
  for (const auto& finding : report.findings) {
    if (finding.type == type && (!above_info || finding.severity != checks::Severity::info))
      return true;
  }
  return false;
}

// Whether `part` holds nothing that `whole` does not hold in the same place.
bool is_part_of(const json& part, const json& whole) {
  if (part.is_object()) {
    if (!whole.is_object()) return false;
    for (const auto& [name, value] : part.items()) {
      if (!whole.contains(name) || !is_part_of(value, whole[name])) return false;
    }
    return true;
  }
  if (part.is_array()) {
    if (!whole.is_array() || part.size() > whole.size()) return false;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!is_part_of(part[i], whole[i])) return false;
    }
    return true;
  }
  return part == whole;
}

void cut_everywhere(const json& document, const std::string& text, TruncationFigures& figures) {
  const auto whole = checks::run_checks(answer_of(text, "{}"), {}, nullptr);
  ++figures.whole_kept.of;
  if (!has_finding(whole, checks::FindingType::truncation, true)) ++figures.whole_kept.hits;
  for (std::size_t length = 1; length < text.size(); ++length) {
    const std::string cut = text.substr(0, length);
    const auto report = checks::run_checks(answer_of(cut, "{}"), {}, nullptr);
    ++figures.flagged.of;
    ++figures.closable.of;
    if (has_finding(report, checks::FindingType::truncation, true)) ++figures.flagged.hits;
    checks::JsonScanner scanner;
    (void)checks::scan_json(cut, scanner);
    const auto closed = checks::closed_repair(cut, scanner);
    if (!closed) continue;
    ++figures.closable.hits;
    ++figures.parses.of;
    ++figures.is_prefix.of;
    const auto parsed = json::parse(*closed, nullptr, false);
    if (parsed.is_discarded()) continue;
    ++figures.parses.hits;
    if (is_part_of(parsed, document)) ++figures.is_prefix.hits;
  }
}

// One mutated answer through all checks.
void judge_mutation(const checks::CompiledSchema& schema,
                    const std::string& schema_text,
                    const Mutation& mutation,
                    DriftFigures& figures,
                    DriftFigures::Row& row) {
  const auto raw = json::parse(mutation.text, nullptr, false);
  const bool wrapped = raw.is_discarded();
  if (!wrapped && schema.validate(raw).is_valid()) return;  // the schema allows it: no drift
  const auto report = checks::run_checks(answer_of(mutation.text, schema_text), {}, &schema);
  ++row.cases;
  bool applied = wrapped && !report.output.empty();
  bool proposed = false;
  for (const auto& repair : report.repairs) {
    applied = applied || repair.applied;
    proposed = proposed || !repair.applied;
  }
  if (!wrapped) {
    ++figures.flagged.of;
    if (report.status != TaskStatus::success) ++figures.flagged.hits;
  }
  if (proposed) ++row.proposed;
  const bool is_right = applied && mutation.expected &&
                        json::parse(report.output, nullptr, false) == *mutation.expected;
  if (applied) ++row.applied;
  if (is_right) ++row.right;
  if (wrapped) return;  // taken out of its wrapping, not repaired
  if (mutation.expected) {
    ++figures.applied.of;
    if (applied) ++figures.applied.hits;
  }
  if (!applied) return;
  ++figures.right.of;
  if (is_right) ++figures.right.hits;
}

}  // namespace

double Rate::low() const {
  return std::max(0.0, wilson(*this, -1));
}
double Rate::high() const {
  return std::min(1.0, wilson(*this, 1));
}

std::string to_string(const Rate& rate) {
  char buffer[96];
  (void)std::snprintf(buffer, sizeof buffer, "%.1f %% [%.1f, %.1f] (%zu/%zu)", rate.value() * 100,
                      rate.low() * 100, rate.high() * 100, rate.hits, rate.of);
  return buffer;
}

void Detection::add(bool is_positive, bool was_flagged) {
  auto& count = is_positive ? (was_flagged ? true_positive : false_negative)
                            : (was_flagged ? false_positive : true_negative);
  ++count;
}

RefusalFigures measure_refusal(const std::string& file) {
  RefusalFigures figures;
  for (const auto& line : read_lines(file)) {
    auto input = answer_of(line.at("text").get<std::string>(), line.contains("json") ? "{}" : "");
    if (line.contains("prompt")) input.asked.prompt = line["prompt"].get<std::string>();
    const auto report = checks::run_checks(input, {}, nullptr);
    const bool is_refusal = line.at("label") == "refusal";
    figures.certain.add(is_refusal, has_finding(report, checks::FindingType::refusal, true));
    figures.suspected.add(is_refusal, has_finding(report, checks::FindingType::refusal, false));
  }
  return figures;
}

TruncationFigures measure_truncation() {
  TruncationFigures figures;
  for (const auto& line : read_lines("documents.jsonl")) {
    ++figures.documents;
    const auto& document = line.at("document");
    cut_everywhere(document, document.dump(), figures);
    cut_everywhere(document, document.dump(2), figures);
    cut_everywhere(document, document.dump(-1, ' ', true), figures);
  }
  return figures;
}

DriftFigures measure_drift(std::size_t rounds) {
  DriftFigures figures;
  const auto documents = read_lines("documents.jsonl");
  for (const auto& mutator : mutators()) {
    DriftFigures::Row row;
    row.mutator = mutator.name;
    std::mt19937_64 random(20250101);
    for (const auto& line : documents) {
      const auto schema = compiled(line.at("schema"));
      const auto schema_text = line.at("schema").dump();
      std::set<std::string> seen;
      for (std::size_t i = 0; i < rounds; ++i) {
        const auto mutation = mutator.apply(line.at("schema"), line.at("document"), random);
        if (mutation && seen.insert(mutation->text).second)
          judge_mutation(schema, schema_text, *mutation, figures, row);
      }
    }
    figures.rows.push_back(row);
  }
  return figures;
}

Detection measure_grounding(const std::string& split, std::vector<std::string>* wrong) {
  Detection detection;
  for (const auto& line : read_lines("grounding.jsonl")) {
    if (line.at("split") != split) continue;
    auto input = answer_of(line.at("answer").get<std::string>(), "");
    input.asked.grounded = true;
    for (const auto& text : line.at("context")) input.asked.context.push_back(text);
    if (line.contains("prompt")) input.asked.prompt = line["prompt"].get<std::string>();
    const auto report = checks::run_checks(input, {}, nullptr);
    const bool is_ungrounded = line.at("label") == "ungrounded";
    const bool is_flagged = has_finding(report, checks::FindingType::hallucination, true);
    detection.add(is_ungrounded, is_flagged);
    if (wrong != nullptr && is_ungrounded != is_flagged)
      wrong->push_back(line.at("label").get<std::string>() + ": " + input.answered.text +
                       (report.findings.empty() ? "" : " <- " + report.findings[0].evidence));
  }
  return detection;
}

}  // namespace taskgate::quality

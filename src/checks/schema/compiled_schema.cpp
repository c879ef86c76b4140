#include "checks/schema/compiler.hpp"
#include "checks/schema/evaluator.hpp"
#include "taskgate/checks/schema.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::checks {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDepthCeiling = 256;
constexpr std::int64_t kStepsPerValue = 8;

// How large a document is. Looks no deeper than `max_depth`.
struct DocumentSize {
  std::int64_t values = 0;
  bool is_too_deep = false;
};

void measure(const Json& value, std::size_t depth_left, DocumentSize& size) {
  ++size.values;
  if (!value.is_structured()) return;
  if (depth_left == 0) {
    size.is_too_deep = true;
    return;
  }
  if (value.is_array()) {
    for (const Json& item : value.get_ref<const Json::array_t&>())
      measure(item, depth_left - 1, size);
  } else {
    for (const auto& member : value.get_ref<const Json::object_t&>())
      measure(member.second, depth_left - 1, size);
  }
}

ValidationVerdict verdict_of(const schema::Evaluator& evaluator, bool fits) {
  if (evaluator.ran_out()) return ValidationVerdict::too_expensive;
  return fits ? ValidationVerdict::valid : ValidationVerdict::invalid;
}

std::size_t estimated_bytes(const schema::Program& program, std::size_t text_bytes) {
  constexpr std::size_t kBytesPerSubschema = 600;  // node, site, their index entries
  constexpr std::size_t kTextFactor = 8;           // of parsed JSON to its text
  return program.nodes.size() * kBytesPerSubschema + text_bytes * kTextFactor;
}

// The second walk, for whoever wants to know what is wrong; the first stopped at the first failure.
void collect(const schema::Program& program,
             const Json& instance,
             const ValidationOptions& options,
             std::int64_t budget,
             ValidationOutcome& outcome) {
  const std::size_t wanted = options.max_violations;
  schema::Report report(program.sources, wanted == 1 ? 1 : wanted + 1);
  schema::Evaluator evaluator(program, &report, budget);
  evaluator.run(instance);
  outcome.violations = report.take_since(0);
  outcome.has_more = outcome.violations.size() > wanted || evaluator.ran_out();
  if (outcome.violations.size() > wanted) outcome.violations.resize(wanted);
  if (outcome.violations.empty()) {
    // The budget went before the first was found: the verdict stands all the same.
    const schema::Place top;
    report.add(top, *program.root, schema::Keyword::none,
               {"to match the schema", schema::described_with_type(instance), {}});
    outcome.violations = report.take_since(0);
  }
}

}  // namespace

CompiledSchema::CompiledSchema(std::shared_ptr<const schema::Program> program)
    : program_(std::move(program)) {}

ValidationOutcome CompiledSchema::validate(const Json& instance) const {
  return validate(instance, ValidationOptions{});
}

ValidationOutcome CompiledSchema::validate(const Json& instance,
                                           const ValidationOptions& options) const {
  ValidationOutcome outcome;
  DocumentSize size;
  measure(instance, std::min(options.max_depth, kDepthCeiling), size);
  if (size.is_too_deep) {
    outcome.verdict = ValidationVerdict::too_deep;
    return outcome;
  }
  const std::int64_t budget = options.max_steps + kStepsPerValue * size.values;
  schema::Evaluator evaluator(*program_, nullptr, budget);
  const bool fits = evaluator.run(instance);
  outcome.verdict = verdict_of(evaluator, fits);
  outcome.steps = budget - std::max<std::int64_t>(evaluator.steps_left(), 0);
  if (outcome.verdict == ValidationVerdict::invalid && options.max_violations > 0)
    collect(*program_, instance, options, budget, outcome);
  return outcome;
}

SchemaDraft CompiledSchema::draft() const noexcept {
  return program_->draft;
}
std::size_t CompiledSchema::bytes() const noexcept {
  return program_->bytes;
}

SchemaResult<CompiledSchema> compile_schema(std::string_view text, const SchemaOptions& options) {
  auto program = std::make_shared<schema::Program>();
  schema::Faults faults;
  schema::Compiler compiler(options, *program, faults);
  compiler.run(text);
  if (!faults.empty()) return SchemaError(faults.take());
  program->draft = program->sources.resources.front().dialect.draft;
  program->bytes = estimated_bytes(*program, text.size());
  return CompiledSchema(std::move(program));
}

SchemaResult<CompiledSchema> compile_schema(std::string_view text) {
  return compile_schema(text, SchemaOptions{});
}

}  // namespace taskgate::checks

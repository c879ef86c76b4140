#include "engine/answer/step.hpp"

#include "taskgate/core/json_text.hpp"

namespace taskgate::engine {
namespace {

const char* name_of_kind(Step::Kind kind) noexcept {
  switch (kind) {
    case Step::Kind::model:
      return "model";
    case Step::Kind::tool:
      return "tool";
    case Step::Kind::check:
      return "check";
    case Step::Kind::repair:
      break;
  }
  return "repair";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_json_key(out, key);
  append_json_string(out, text);
}

void append_optional(std::string& out,
                     std::string_view key,
                     const std::optional<std::string>& text) {
  append_json_key(out, key);
  if (text) {
    append_json_string(out, *text);
  } else {
    out += "null";
  }
}

// All but the name of the index.
void append_body(std::string& out, const Step& step) {
  append_json_number(out, std::int64_t{step.index});
  append_text(out, "kind", name_of_kind(step.kind));
  append_text(out, "name", step.name);
  append_text(out, "status", step.status);
  append_json_key(out, "started_at");
  out += '"';
  append_rfc3339(out, step.started_at);
  out += '"';
  append_json_key(out, "duration_ms");
  append_json_number(out, std::int64_t{step.duration.count()});
  append_turn_usage(out, step.usage);
  append_json_key(out, "errors");
  out += '[';
  for (const auto& finding : step.findings) {
    if (out.back() != '[') out += ',';
    append_finding(out, finding);
  }
  out += ']';
}

}  // namespace

void append_finding(std::string& out, const Finding& finding) {
  out += '{';
  append_text(out, "type", finding.type);
  append_text(out, "message", finding.message);
  append_text(out, "severity", finding.severity);
  append_json_key(out, "recovery_suggested");
  out += finding.recovery == "none" || finding.repaired ? "false" : "true";
  append_json_key(out, "recovery");
  out += '{';
  append_text(out, "action", finding.recovery);
  append_json_key(out, "params");
  out += finding.params;
  out += '}';
  append_optional(out, "path", finding.path);
  append_optional(out, "schema_path", finding.schema_path);
  append_text(out, "source", finding.source);
  append_json_key(out, "step");
  append_json_number(out, std::int64_t{finding.step});
  append_json_key(out, "evidence");
  if (finding.evidence.empty()) {
    out += "null";
  } else {
    append_json_string(out, finding.evidence);
  }
  append_json_key(out, "repaired");
  out += finding.repaired ? "true}" : "false}";
}

void append_step(std::string& out, const Step& step) {
  out += R"({"index":)";
  append_body(out, step);
  out += '}';
}

void append_step_members(std::string& out, const Step& step) {
  out += R"("step":)";
  append_body(out, step);
}

void append_turn_usage(std::string& out, const providers::Usage& usage) {
  if (!usage.reported) return;
  append_json_key(out, "usage");
  out += '{';
  append_json_key(out, "input_tokens");
  append_json_number(out, usage.input_tokens);
  append_json_key(out, "output_tokens");
  append_json_number(out, usage.output_tokens);
  append_json_key(out, "cached_input_tokens");
  append_json_number(out, usage.cached_input_tokens);
  append_json_key(out, "cache_write_input_tokens");
  append_json_number(out, usage.cache_write_input_tokens);
  append_json_key(out, "reasoning_tokens");
  append_json_number(out, usage.reasoning_tokens);
  out += '}';
}

void add_usage(providers::Usage& sum, const providers::Usage& used) {
  sum.input_tokens += used.input_tokens;
  sum.output_tokens += used.output_tokens;
  sum.cached_input_tokens += used.cached_input_tokens;
  sum.cache_write_input_tokens += used.cache_write_input_tokens;
  sum.reasoning_tokens += used.reasoning_tokens;
  sum.reported = sum.reported || used.reported;
}

}  // namespace taskgate::engine

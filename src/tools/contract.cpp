#include "tools/contract.hpp"

#include "taskgate/core/canonical_json.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/core/sha256.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::tools {
namespace {

constexpr std::size_t kVersionDigits = 12;

// The same bytes with what is not UTF-8 replaced.
std::string valid_utf8(std::string text) {
  std::string quoted;
  append_json_string(quoted, text);
  const auto read = nlohmann::json::parse(quoted, nullptr, false);
  return read.is_string() ? read.get<std::string>() : std::string();
}

}  // namespace

std::string version_of(const ToolDefinition& definition,
                       std::initializer_list<std::string_view> identity) {
  std::string text;
  for (const auto part : identity) {
    text += part;
    text += '\0';
  }
  // A schema that is only written differently is the same one.
  const auto canonical = canonical_json(definition.parameters);
  text += canonical ? *canonical : definition.parameters;
  text += '\0';
  text += to_string(definition.effect);
  return to_hex(sha256(text)).substr(0, kVersionDigits);
}

Result<ContractPtr> make_contract(ToolDefinition definition,
                                  std::initializer_list<std::string_view> identity) {
  auto schema = checks::compile_schema(definition.parameters);
  if (!schema) return schema.error().to_error();
  definition.version = version_of(definition, identity);
  return ContractPtr(
      std::make_shared<const ToolContract>(std::move(definition), std::move(*schema)));
}

std::string bounded_result(std::string text, std::size_t limit, bool& cut) {
  cut = cut || text.size() > limit;
  if (cut) {
    text.resize(std::min(text.size(), limit));
    text.resize(complete_utf8_prefix(text));
  }
  text = valid_utf8(std::move(text));
  if (cut) text += "\n[cut: the answer was longer than " + std::to_string(limit) + " bytes]";
  return text;
}

}  // namespace taskgate::tools

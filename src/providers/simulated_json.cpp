// A value that fits a JSON Schema, for the simulator. Simple cases only: it makes the minimal thing
// and does not search.
#include "providers/simulated_model.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace taskgate::providers {
namespace {

using nlohmann::ordered_json;

constexpr int kMaxSampleDepth = 12;
constexpr std::size_t kMaxSampleItems = 100;
constexpr std::size_t kMaxSampleString = 10'000;

class Sampler {
 public:
  explicit Sampler(const ordered_json& root) : root_(root) {}
  ordered_json value(const ordered_json& schema, int depth) const;

 private:
  const ordered_json* resolve(const ordered_json& reference) const;
  ordered_json object(const ordered_json& schema, int depth) const;
  ordered_json array(const ordered_json& schema, int depth) const;
  const ordered_json& root_;
};

std::string type_of(const ordered_json& schema) {
  const auto type = schema.find("type");
  if (type != schema.end() && type->is_string()) return type->get<std::string>();
  if (type != schema.end() && type->is_array() && !type->empty() && type->front().is_string()) {
    return type->front().get<std::string>();
  }
  if (schema.contains("properties") || schema.contains("required")) return "object";
  if (schema.contains("items") || schema.contains("prefixItems")) return "array";
  if (schema.contains("minimum") || schema.contains("maximum")) return "number";
  return "string";
}

std::size_t size_bound(const ordered_json& schema, const char* key, std::size_t otherwise) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number_unsigned()) return otherwise;
  return found->get<std::size_t>();
}

std::optional<double> number_bound(const ordered_json& schema, const char* key) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::string sample_string(const ordered_json& schema) {
  const auto format = schema.find("format");
  const std::string kind =
      format != schema.end() && format->is_string() ? format->get<std::string>() : "";
  if (kind == "date-time") return "2026-01-01T00:00:00Z";
  if (kind == "date") return "2026-01-01";
  if (kind == "time") return "00:00:00Z";
  if (kind == "email") return "someone@example.com";
  if (kind == "uri") return "https://example.com/";
  if (kind == "uuid") return "00000000-0000-4000-8000-000000000000";
  if (kind == "ipv4") return "192.0.2.1";
  if (kind == "hostname") return "example.com";
  std::string text = "example";
  const std::size_t least = std::min(size_bound(schema, "minLength", 0), kMaxSampleString);
  const std::size_t most = size_bound(schema, "maxLength", kMaxSampleString);
  while (text.size() < least) text += "example";
  return text.substr(0, std::max(least, std::min(most, text.size())));
}

double sample_number(const ordered_json& schema, bool integer) {
  double value = integer ? 1 : 1.5;
  if (const auto low = number_bound(schema, "minimum")) value = std::max(value, *low);
  if (const auto low = number_bound(schema, "exclusiveMinimum"); low && value <= *low) {
    value = integer ? std::floor(*low) + 1 : *low + 0.5;
  }
  if (const auto high = number_bound(schema, "maximum")) value = std::min(value, *high);
  if (const auto high = number_bound(schema, "exclusiveMaximum"); high && value >= *high) {
    value = integer ? std::ceil(*high) - 1 : *high - 0.5;
  }
  if (const auto step = number_bound(schema, "multipleOf"); step && *step > 0) {
    value = std::ceil(value / *step) * *step;
    const auto high = number_bound(schema, "maximum");
    if (high && value > *high) value = std::floor(*high / *step) * *step;
  }
  return integer ? std::ceil(value) : value;
}

const ordered_json* Sampler::resolve(const ordered_json& reference) const {
  if (!reference.is_string()) return nullptr;
  const auto& text = reference.get_ref<const std::string&>();
  if (text == "#") return &root_;
  if (text.rfind("#/", 0) != 0) return nullptr;
  const ordered_json* here = &root_;
  std::size_t at = 2;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const auto next = here->find(text.substr(at, end - at));
    if (!here->is_object() || next == here->end()) return nullptr;
    here = &*next;
    at = end + 1;
  }
  return here;
}

ordered_json Sampler::value(const ordered_json& schema, int depth) const {
  if (!schema.is_object() || depth > kMaxSampleDepth) return nullptr;
  if (const auto fixed = schema.find("const"); fixed != schema.end()) return *fixed;
  if (const auto any = schema.find("enum");
      any != schema.end() && any->is_array() && !any->empty()) {
    return any->front();
  }
  for (const char* key : {"default", "examples"}) {
    const auto found = schema.find(key);
    if (found == schema.end()) continue;
    if (key[0] == 'd') return *found;
    if (found->is_array() && !found->empty()) return found->front();
  }
  if (const auto reference = schema.find("$ref"); reference != schema.end()) {
    const ordered_json* target = resolve(*reference);
    return target != nullptr ? value(*target, depth + 1) : ordered_json(nullptr);
  }
  for (const char* key : {"anyOf", "oneOf"}) {
    const auto found = schema.find(key);
    if (found != schema.end() && found->is_array() && !found->empty()) {
      return value(found->front(), depth + 1);
    }
  }
  if (const auto all = schema.find("allOf"); all != schema.end() && all->is_array()) {
    ordered_json merged = schema;
    merged.erase("allOf");
    for (const auto& part : *all) {
      if (part.is_object()) merged.merge_patch(part);
    }
    return value(merged, depth + 1);
  }
  const std::string type = type_of(schema);
  if (type == "object") return object(schema, depth);
  if (type == "array") return array(schema, depth);
  if (type == "boolean") return true;
  if (type == "null") return nullptr;
  if (type == "number") return sample_number(schema, false);
  if (type == "integer") return static_cast<std::int64_t>(sample_number(schema, true));
  return sample_string(schema);
}

ordered_json Sampler::object(const ordered_json& schema, int depth) const {
  ordered_json made = ordered_json::object();
  const auto properties = schema.find("properties");
  if (properties != schema.end() && properties->is_object()) {
    for (const auto& [name, inner] : properties->items()) made[name] = value(inner, depth + 1);
  }
  const auto required = schema.find("required");
  if (required != schema.end() && required->is_array()) {
    for (const auto& name : *required) {
      if (name.is_string() && !made.contains(name.get<std::string>())) {
        made[name.get<std::string>()] = "example";
      }
    }
  }
  return made;
}

ordered_json Sampler::array(const ordered_json& schema, int depth) const {
  ordered_json made = ordered_json::array();
  const auto prefix = schema.find("prefixItems");
  if (prefix != schema.end() && prefix->is_array()) {
    for (const auto& inner : *prefix) made.push_back(value(inner, depth + 1));
  }
  const std::size_t wanted = std::min(size_bound(schema, "minItems", 1), kMaxSampleItems);
  const auto items = schema.find("items");
  const bool may_grow = items == schema.end() || items->is_object();
  const std::size_t most = size_bound(schema, "maxItems", kMaxSampleItems);
  while (may_grow && made.size() < std::min(wanted, most)) {
    made.push_back(items != schema.end() ? value(*items, depth + 1) : ordered_json("example"));
  }
  return made;
}

ordered_json sample_object(const ModelRequest& request) {
  const std::string text = last_user_text(request);
  ordered_json sample = ordered_json::object();
  sample["answer"] = text.substr(0, 200);
  sample["words"] = count_words(text);
  sample["simulated"] = true;
  return sample;
}

}  // namespace

std::string sim_json(const ModelRequest& request) {
  const auto schema = ordered_json::parse(request.output_schema, nullptr, false);
  ordered_json made =
      schema.is_object() ? Sampler(schema).value(schema, 0) : sample_object(request);
  return made.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace taskgate::providers

#include "taskgate/tools/call_key.hpp"

#include "taskgate/core/canonical_json.hpp"
#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/sha256.hpp"
#include "tools/arguments.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace taskgate::tools {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxWork = 100'000;     // containers, each as many times as it is deep
constexpr std::size_t kMaxFilled = 1U << 20;  // bytes of defaults
constexpr std::size_t kDeepestFilled = 32;    // containers within each other: a schema may recur
constexpr std::size_t kKeyBytes = 25;         // 200 bits: 40 characters of base32
constexpr char kNul = '\0';

std::string child_pointer(std::string parent, std::string_view name) {
  append_pointer_segment(parent, name);
  return parent;
}

// Walks a document and its schema side by side. Bounded whatever the schema says: that of an MCP
// server's tool is a stranger's.
class DefaultFiller {
 public:
  explicit DefaultFiller(const checks::CompiledSchema& schema) : schema_(schema) {}

  /// False: the document, or what would be filled in, is too much.
  bool fill(json& document) { return fill(document, {}, 1); }

 private:
  bool fill(json& value, const std::string& pointer, std::size_t depth) {
    if (!value.is_structured()) return true;
    work_ += depth;
    if (work_ > kMaxWork) return false;
    if (value.is_object()) {
      if (depth <= kDeepestFilled) fill_members(value, pointer);
      if (filled_ > kMaxFilled) return false;
      for (auto& [name, member] : value.items()) {
        if (!fill(member, child_pointer(pointer, name), depth + 1)) return false;
      }
      return true;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!fill(value[i], child_pointer(pointer, std::to_string(i)), depth + 1)) return false;
    }
    return true;
  }

  void fill_members(json& object, const std::string& pointer) {
    for (const auto& applied : schema_.schemas_at(pointer)) {
      if (applied.conditional || !applied.schema->is_object()) continue;
      const auto properties = applied.schema->find("properties");
      if (properties == applied.schema->end() || !properties->is_object()) continue;
      for (const auto& [name, property] : properties->items()) {
        if (object.contains(name)) continue;
        if (auto value = default_of(property, child_pointer(pointer, name))) {
          filled_ += value->dump().size();
          object[name] = std::move(*value);
        }
      }
    }
  }

  std::optional<json> default_of(const json& property, const std::string& pointer) const {
    if (!property.is_object()) return std::nullopt;
    if (const auto found = property.find("default"); found != property.end()) {
      return exact_form(*found);
    }
    if (!property.contains("$ref") && !property.contains("allOf")) return std::nullopt;
    for (const auto& applied : schema_.schemas_at(pointer)) {
      if (applied.conditional || !applied.schema->is_object()) continue;
      const auto found = applied.schema->find("default");
      if (found != applied.schema->end()) return exact_form(*found);
    }
    return std::nullopt;
  }

  const checks::CompiledSchema& schema_;
  std::size_t work_ = 0;
  std::size_t filled_ = 0;
};

// RFC 6901; a pointer that leads nowhere takes nothing out.
void take_out(json& document, const std::string& pointer) {
  if (pointer.empty()) return;
  try {
    const json::json_pointer path(pointer);
    const auto parent_path = path.parent_pointer();
    if (!document.contains(path)) return;
    json& parent = document[parent_path];
    if (parent.is_object()) {
      parent.erase(path.back());
    } else if (parent.is_array()) {
      parent.erase(std::stoul(path.back()));
    }
  } catch (const std::exception&) {
    return;  // not a pointer: the configuration is checked for that, and a wrong index is nowhere
  }
}

std::string base32(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 §6
  std::string text;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const auto byte : bytes) {
    buffer = (buffer << 8U) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += kAlphabet[(buffer >> bits) & 31U];
    }
    buffer &= (1U << bits) - 1U;
  }
  return text;
}

}  // namespace

Result<std::string> canonical_arguments(const ToolDefinition& definition,
                                        std::string_view arguments,
                                        const checks::CompiledSchema& schema) {
  auto document = read_exactly(arguments);
  if (!document) return document.error();
  if (definition.parameters.find("\"default\"") != std::string::npos) {
    DefaultFiller filler(schema);
    if (!filler.fill(*document))
      return Error(Errc::too_large,
                   "the arguments, or the defaults that their schema adds, are too many");
  }
  for (const auto& pointer : definition.ignore_args) take_out(*document, pointer);
  return canonical_json(document->dump());
}

std::string call_site(std::string_view tool,
                      std::string_view version,
                      std::string_view canonical_arguments,
                      std::uint32_t occurrence) {
  std::string text = "tg1";
  for (const std::string_view part : {tool, version, canonical_arguments}) {
    text += kNul;
    text += part;
  }
  text += kNul;
  text += std::to_string(occurrence);
  return to_hex(sha256(text));
}

std::string call_key(std::string_view tenant,
                     std::string_view task_id,
                     std::string_view call_site) {
  std::string text(tenant);
  text += kNul;
  text += task_id;
  text += kNul;
  text += call_site;
  const auto digest = sha256(text);
  return "tg_" + base32(std::span(digest).first(kKeyBytes));
}

}  // namespace taskgate::tools

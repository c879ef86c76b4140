// Which subschemas speak about a place of a document, found from the program alone.
#include "checks/schema/program.hpp"
#include "taskgate/checks/schema.hpp"
#include "taskgate/core/json_pointer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace taskgate::checks {
namespace {

using schema::Node;

constexpr std::size_t kMaxApplied = 256;

/// Nodes that apply to one value, each once; unconditional beats conditional.
class AppliedNodes {
 public:
  void add(const Node* node, bool conditional) {
    if (node == nullptr || found_.size() >= kMaxApplied) return;
    for (auto& entry : found_) {
      if (entry.first != node) continue;
      if (!entry.second || conditional) return;
      entry.second = false;  // and again through what it applies, now unconditionally
      return expand(*node, false);
    }
    found_.emplace_back(node, conditional);
    expand(*node, conditional);
  }
  const std::vector<std::pair<const Node*, bool>>& all() const { return found_; }

 private:
  void expand(const Node& node, bool conditional) {
    if (node.logic) {
      const schema::LogicRules& rules = *node.logic;
      add(rules.ref, conditional);
      add(rules.dynamic_ref, conditional);
      for (const Node* branch : rules.all_of) add(branch, conditional);
      for (const auto* branches : {&rules.any_of, &rules.one_of}) {
        for (const Node* branch : *branches) add(branch, true);
      }
      if (rules.if_ != nullptr) {
        for (const Node* branch : {rules.if_, rules.then_, rules.else_}) add(branch, true);
      }
    }
    if (!node.object) return;
    for (const schema::Dependency& dependency : node.object->dependencies)
      add(dependency.node, true);
  }

  std::vector<std::pair<const Node*, bool>> found_;
};

void descend_object(const schema::ObjectRules& rules,
                    const std::string& name,
                    bool conditional,
                    AppliedNodes& below) {
  bool is_named = false;
  for (const schema::PropertyRule& rule : rules.properties) {
    if (rule.node == nullptr || rule.name != name) continue;
    is_named = true;
    below.add(rule.node, conditional);
  }
  for (const schema::PatternRule& rule : rules.patterns) {
    if (!rule.pattern->found_in(name)) continue;
    is_named = true;
    below.add(rule.node, conditional);
  }
  if (!is_named) below.add(rules.additional, conditional);
  if (!is_named && rules.additional == nullptr) below.add(rules.unevaluated, true);
}

void descend_array(const schema::ArrayRules& rules,
                   std::size_t index,
                   bool conditional,
                   AppliedNodes& below) {
  if (index < rules.prefix.size()) {
    below.add(rules.prefix[index], conditional);
  } else {
    below.add(rules.rest, conditional);
  }
  below.add(rules.contains, true);
  if (index >= rules.prefix.size() && rules.rest == nullptr) below.add(rules.unevaluated, true);
}

std::optional<std::size_t> as_index(const std::string& token) {
  std::size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto read = std::from_chars(token.data(), end, index);
  if (token.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return index;
}

AppliedNodes below_of(const AppliedNodes& here, const std::string& token) {
  AppliedNodes below;
  const auto index = as_index(token);
  for (const auto& [node, conditional] : here.all()) {
    if (node->object) descend_object(*node->object, token, conditional, below);
    if (node->array && index) descend_array(*node->array, *index, conditional, below);
  }
  return below;
}

AppliedNodes nodes_at(const schema::Program& program, std::string_view pointer) {
  AppliedNodes nodes;
  nodes.add(program.root, false);
  while (!pointer.empty()) {
    if (pointer.front() != '/') return {};
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    nodes = below_of(nodes, unescaped_pointer_segment(pointer.substr(1, end - 1)));
    pointer.remove_prefix(end);
  }
  return nodes;
}

}  // namespace

std::vector<AppliedSchema> CompiledSchema::schemas_at(std::string_view instance_path) const {
  std::vector<AppliedSchema> out;
  const AppliedNodes nodes = nodes_at(*program_, instance_path);
  for (const auto& [node, conditional] : nodes.all())
    out.push_back({node->source, program_->sources.path_of(node->source), conditional});
  return out;
}

std::vector<KnownProperty> CompiledSchema::properties_at(std::string_view instance_path) const {
  std::map<std::string_view, bool> names;
  const AppliedNodes nodes = nodes_at(*program_, instance_path);
  for (const auto& [node, conditional] : nodes.all()) {
    if (!node->object) continue;
    for (const schema::PropertyRule& rule : node->object->properties) {
      bool& is_required = names[rule.name];
      is_required = is_required || (rule.required && !conditional);
    }
  }
  std::vector<KnownProperty> out;
  out.reserve(names.size());
  for (const auto& [name, is_required] : names) out.push_back({std::string(name), is_required});
  return out;
}

}  // namespace taskgate::checks

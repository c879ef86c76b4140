#include "checks/schema/compiler.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>

namespace taskgate::checks::schema {
namespace {

// Calls `visit(child)` for every schema that a node applies to the very value that it is applied
// to.
template <class Visit>
void for_each_in_place(const Node& node, Visit visit) {
  if (node.logic) {
    const LogicRules& rules = *node.logic;
    for (const Node* child : {rules.ref, rules.not_, rules.if_, rules.then_, rules.else_}) {
      if (child != nullptr) visit(child);
    }
    if (rules.dynamic_ref != nullptr && !rules.is_dynamic) visit(rules.dynamic_ref);
    for (const auto* branches : {&rules.all_of, &rules.any_of, &rules.one_of}) {
      for (const Node* child : *branches) visit(child);
    }
  }
  if (node.object) {
    for (const Dependency& dependency : node.object->dependencies) {
      if (dependency.node != nullptr) visit(dependency.node);
    }
  }
}

std::vector<const Node*> in_place_children(const Node& node) {
  std::vector<const Node*> children;
  for_each_in_place(node, [&](const Node* child) { children.push_back(child); });
  return children;
}

// Depth first without recursion; finds a way from a node back to itself.
class CycleSearch {
 public:
  const Node* find(const std::deque<Node>& nodes) {
    for (const Node& node : nodes) {
      if (states_[&node] != State::unseen) continue;
      if (const Node* on_cycle = visit(node)) return on_cycle;
    }
    return nullptr;
  }

 private:
  enum class State { unseen, open, done };
  struct Frame {
    const Node* node;
    std::vector<const Node*> children;
    std::size_t next = 0;
  };

  const Node* visit(const Node& start) {
    std::vector<Frame> stack;
    stack.push_back({&start, in_place_children(start)});
    states_[&start] = State::open;
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next == top.children.size()) {
        states_[top.node] = State::done;
        stack.pop_back();
        continue;
      }
      const Node* const child = top.children[top.next++];
      State& state = states_[child];
      if (state == State::open) return child;
      if (state == State::done) continue;
      state = State::open;
      stack.push_back({child, in_place_children(*child)});
    }
    return nullptr;
  }

  std::unordered_map<const Node*, State> states_;
};

bool is_only_reference(const Node& node) {
  if (!node.logic || node.logic->ref == nullptr || node.types != any_type) return false;
  if (node.constant != nullptr || node.enumeration || node.number || node.string || node.array ||
      node.object)
    return false;
  const LogicRules& rules = *node.logic;
  return rules.dynamic_ref == nullptr && rules.all_of.empty() && rules.any_of.empty() &&
         rules.one_of.empty() && rules.not_ == nullptr && rules.if_ == nullptr;
}

// Replaces nodes that are nothing but a `$ref` by what they stand for.
class ReferenceShortener {
 public:
  void shorten_all(Node& node) {
    if (node.logic) {
      LogicRules& rules = *node.logic;
      shorten({&rules.ref, &rules.not_, &rules.if_, &rules.then_, &rules.else_});
      for (auto* branches : {&rules.all_of, &rules.any_of, &rules.one_of}) {
        for (const Node*& child : *branches) shorten({&child});
      }
    }
    if (node.array) {
      ArrayRules& rules = *node.array;
      for (const Node*& child : rules.prefix) shorten({&child});
      shorten({&rules.rest, &rules.contains, &rules.unevaluated});
    }
    if (node.object) {
      ObjectRules& rules = *node.object;
      for (PropertyRule& rule : rules.properties) shorten({&rule.node});
      for (PatternRule& rule : rules.patterns) shorten({&rule.node});
      for (Dependency& dependency : rules.dependencies) shorten({&dependency.node});
      shorten({&rules.additional, &rules.names, &rules.unevaluated});
    }
  }

  const Node* end_of(const Node* node) {
    std::vector<const Node*> way;
    while (is_only_reference(*node)) {
      way.push_back(node);
      const auto known = ends_.find(node);
      node = known == ends_.end() ? node->logic->ref : known->second;
    }
    for (const Node* passed : way) ends_[passed] = node;
    return node;
  }

 private:
  void shorten(std::initializer_list<const Node**> children) {
    for (const Node** child : children) {
      if (*child != nullptr) *child = end_of(*child);
    }
  }

  std::unordered_map<const Node*, const Node*> ends_;
};

}  // namespace

void link(Program& program, Faults& faults) {
  if (const Node* on_cycle = CycleSearch().find(program.nodes)) {
    faults.add(SchemaErrorKind::invalid, program.sources.path_of(on_cycle->source),
               "refers back to itself without going deeper into the document");
    return;
  }
  // With dynamic references it matters through which resources a reference leads.
  if (!program.dynamic_anchors.empty()) return;
  ReferenceShortener shortener;
  for (Node& node : program.nodes) shortener.shorten_all(node);
  program.root = shortener.end_of(program.root);
}

}  // namespace taskgate::checks::schema

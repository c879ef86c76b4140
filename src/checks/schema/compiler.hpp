#pragma once
// Turns the subschemas that a Loader finds into nodes. A work list, not recursion: schemas may
// refer to each other in any way.

#include "checks/schema/loader.hpp"
#include "checks/schema/program.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskgate::checks::schema {

class Compiler {
 public:
  Compiler(const SchemaOptions& options, Program& program, Faults& faults)
      : options_(options),
        program_(program),
        faults_(faults),
        loader_(options, program.sources, faults) {}

  /// Fills the program. What is wrong is in the faults.
  void run(std::string_view text);

  // --- for the keywords (compile_*.cpp) ---

  /// The node of a subschema, to be compiled later if it is new. Adds a fault if it is no schema.
  const Node* node_of(const nlohmann::json& schema);
  /// The node that a reference leads to, or nullptr. Of a `$dynamicRef`, `dynamic_name` is set to
  /// the index of the anchor's name if the scope decides.
  const Node* referred(const std::string& reference,
                       const Node& from,
                       std::optional<std::size_t>* dynamic_name);
  /// Asks for a pattern; `slot` is filled when all of them are known, and must stay where it is.
  void want_pattern(const std::string& text, const Node& user, const Pattern** slot);

  Dialect dialect_of(const Node& node) const;
  const SchemaOptions& options() const { return options_; }
  void fault(const Node& node, std::string_view keyword, std::string message);
  void fault(const Node& node, const std::vector<std::string>& tokens, std::string message);

 private:
  struct WantedPattern {
    const std::string* text;
    const Node* user;
    std::vector<const Pattern**> slots;
  };

  void compile(Node& node);
  void compile_pending();
  void compile_dynamic_anchors();
  void compile_patterns();

  const SchemaOptions& options_;
  Program& program_;
  Faults& faults_;
  Loader loader_;
  std::unordered_map<const nlohmann::json*, Node*> by_source_;
  std::vector<Node*> pending_;
  std::map<std::string, std::size_t, std::less<>> dynamic_names_;
  std::map<std::string_view, WantedPattern> wanted_patterns_;
};

/// Compiles one keyword's value into the node.
void compile_keyword(Compiler& compiler,
                     Node& node,
                     const KeywordInfo& keyword,
                     const nlohmann::json& value);

// The groups, each false when the keyword is not of its kind.
bool compile_value_keyword(Compiler& compiler,
                           Node& node,
                           Keyword keyword,
                           const nlohmann::json& value);
bool compile_array_keyword(Compiler& compiler,
                           Node& node,
                           Keyword keyword,
                           const nlohmann::json& value);
bool compile_object_keyword(Compiler& compiler,
                            Node& node,
                            Keyword keyword,
                            const nlohmann::json& value);
bool compile_logic_keyword(Compiler& compiler,
                           Node& node,
                           Keyword keyword,
                           const nlohmann::json& value);
bool compile_annotation_keyword(Compiler& compiler,
                                const Node& node,
                                Keyword keyword,
                                const nlohmann::json& value);

/// The count that minItems and its like give: a whole number that is not negative.
std::uint64_t compiled_count(Compiler& compiler,
                             const Node& node,
                             Keyword keyword,
                             const nlohmann::json& value,
                             std::uint64_t otherwise);

/// The member's rules, made when first asked for.
template <class Rules>
Rules& made(std::unique_ptr<Rules>& member) {
  if (!member) member = std::make_unique<Rules>();
  return *member;
}

/// Last steps on a complete graph (linker.cpp): refuses references that lead back to where they
/// began without moving on in the document, shortens chains of them, marks the simplest nodes.
void link(Program& program, Faults& faults);

}  // namespace taskgate::checks::schema

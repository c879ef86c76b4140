#pragma once
// Schema violations that a rename or a lossless cast explains: which edits would make the document
// fit, how sure each is, as an RFC 6902 patch. Whether they are applied is the caller's decision.

#include "taskgate/checks/schema.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace taskgate::checks {

/// One edit of a document.
struct Edit {
  nlohmann::json operation;  ///< of RFC 6902: move, replace or remove
  std::string path;          ///< where it ends up
  std::string message;       ///< for the client
  std::string evidence;      ///< what stood there
  double confidence = 0;     ///< 0..1 that this is what the model meant
};

struct DriftRepair {
  std::vector<Edit> edits;
  nlohmann::json document;  ///< patched; valid
  double confidence = 0;    ///< of the least sure edit

  /// The edits as the text of a JSON Patch.
  std::string patch() const;
};

/// Looks for edits of at least `min_confidence` that make `document` valid. nullopt: there are
/// none. Bounded: 64 edits, 4 rounds, objects of up to 256 members.
std::optional<DriftRepair> repair_drift(const CompiledSchema& schema,
                                        const nlohmann::json& document,
                                        const std::vector<Violation>& violations,
                                        double min_confidence);

}  // namespace taskgate::checks

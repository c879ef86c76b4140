#include "checks/drift.hpp"

#include "checks/drift_casts.hpp"
#include "checks/json_pointer.hpp"
#include "taskgate/checks/finding.hpp"
#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace taskgate::checks {
namespace {

using Json = nlohmann::json;

constexpr int kMaxRounds = 4;
constexpr std::size_t kMaxEdits = 64;
constexpr std::size_t kMaxMembers = 256;
constexpr std::size_t kMaxNameLength = 64;

// The value at a pointer; nullptr when there is none.
Json* value_at(Json& document, std::string_view pointer) {
  const auto segments = split_pointer(pointer);
  if (!segments) return nullptr;
  Json* place = &document;
  for (const auto& segment : *segments) {
    if (place->is_object()) {
      const auto found = place->find(segment);
      if (found == place->end()) return nullptr;
      place = &*found;
    } else if (place->is_array()) {
      if (segment.empty() || segment.size() > 9 ||
          segment.find_first_not_of("0123456789") != std::string::npos)
        return nullptr;
      const auto index = static_cast<std::size_t>(std::stoul(segment));
      if (index >= place->size()) return nullptr;
      place = &(*place)[index];
    } else {
      return nullptr;
    }
  }
  return place;
}

std::string shown(const Json& value) {
  return evidence_of(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

class DriftSearch {
 public:
  DriftSearch(const CompiledSchema& schema, const Json& document, double min_confidence)
      : schema_(schema), document_(document), min_confidence_(min_confidence) {}

  std::optional<DriftRepair> run(std::vector<Violation> violations) {
    for (int round = 0; round < kMaxRounds; ++round) {
      const std::size_t before = edits_.size();
      explain(violations);
      if (edits_.size() == before) return std::nullopt;
      auto outcome = schema_.validate(document_);
      if (outcome.is_valid()) return finished();
      if (outcome.verdict != ValidationVerdict::invalid) return std::nullopt;
      violations = std::move(outcome.violations);
    }
    return std::nullopt;
  }

 private:
  DriftRepair finished() {
    DriftRepair repair;
    repair.confidence = 1;
    for (const auto& edit : edits_)
      repair.confidence = std::min(repair.confidence, edit.confidence);
    repair.edits = std::move(edits_);
    repair.document = std::move(document_);
    return repair;
  }

  // Names first: a renamed member may hold a value to be cast, which the next round sees.
  void explain(const std::vector<Violation>& violations) {
    std::set<std::string> objects;
    std::set<std::string> places;
    for (const auto& violation : violations) {
      const auto& keyword = violation.keyword;
      if (keyword == "required" || keyword == "dependentRequired") {
        objects.insert(violation.instance_path);
      } else if (!violation.property.empty()) {
        const auto* holder = value_at(document_, violation.instance_path);
        const bool inside =
            holder != nullptr && holder->is_object() && holder->contains(violation.property);
        objects.insert(inside ? violation.instance_path
                              : std::string(parent_pointer(violation.instance_path)));
      } else {
        places.insert(violation.instance_path);
      }
      // A branch of anyOf or oneOf may want other names.
      if (keyword == "anyOf" || keyword == "oneOf") objects.insert(violation.instance_path);
    }
    const std::size_t before = edits_.size();
    for (const auto& path : objects) rename_members(path);
    if (edits_.size() > before) return;
    for (const auto& path : places) cast_at(path);
  }

  void rename_members(const std::string& path) {
    Json* object = value_at(document_, path);
    if (object == nullptr || !object->is_object() || object->size() > kMaxMembers) return;
    const auto known = schema_.properties_at(path);
    if (known.size() > kMaxMembers) return;
    std::vector<const KnownProperty*> missing;
    std::vector<std::string> extra;
    for (const auto& property : known) {
      if (!object->contains(property.name)) missing.push_back(&property);
    }
    for (const auto& member : object->items()) {
      const bool is_known = std::any_of(known.begin(), known.end(),
                                        [&](const auto& one) { return one.name == member.key(); });
      if (!is_known) extra.push_back(member.key());
    }
    for (const auto* target : missing) rename_to(path, *object, target->name, missing, extra);
  }

  void rename_to(const std::string& path,
                 Json& object,
                 const std::string& target,
                 const std::vector<const KnownProperty*>& missing,
                 std::vector<std::string>& extra) {
    const auto source = source_of(target, missing, extra);
    if (!source || source->second < min_confidence_ || edits_.size() >= kMaxEdits) return;
    const std::string& name = source->first;
    Edit edit;
    std::string from = path;
    append_pointer_segment(from, name);
    edit.path = path;
    append_pointer_segment(edit.path, target);
    edit.operation = {{"op", "move"}, {"from", from}, {"path", edit.path}};
    edit.message = "the member \"" + evidence_of(name) + "\" is what the schema calls \"" +
                   evidence_of(target) + "\"";
    edit.confidence = source->second;
    Json value = std::move(object[name]);
    edit.evidence = shown(value);
    object.erase(name);
    object[target] = std::move(value);
    extra.erase(std::find(extra.begin(), extra.end(), name));
    edits_.push_back(std::move(edit));
  }

  // The member that `target` stands under, and how sure that is.
  static std::optional<std::pair<std::string, double>> source_of(
      const std::string& target,
      const std::vector<const KnownProperty*>& missing,
      const std::vector<std::string>& extra) {
    const auto bare = bare_name(target);
    const auto same_bare = [&](const auto* one) { return bare_name(one->name) == bare; };
    std::vector<const std::string*> exact;
    std::vector<const std::string*> near;
    for (const auto& name : extra) {
      if (name.size() > kMaxNameLength) continue;
      const auto candidate = bare_name(name);
      if (candidate == bare) exact.push_back(&name);
      if (bare.size() >= 5 && edit_distance(candidate, bare) <= 2) near.push_back(&name);
    }
    if (exact.size() == 1 && std::count_if(missing.begin(), missing.end(), same_bare) == 1)
      return std::pair(*exact.front(), 0.99);
    if (exact.empty() && near.size() == 1) return std::pair(*near.front(), 0.8);
    if (extra.size() == 1 && missing.size() == 1) return std::pair(extra.front(), 0.6);
    return std::nullopt;
  }

  void cast_at(const std::string& path) {
    Json* value = value_at(document_, path);
    if (value == nullptr || edits_.size() >= kMaxEdits) return;
    if (value->is_null()) return drop_null(path);
    auto cast = cast_value(schema_, path, *value);
    if (!cast || cast->confidence < min_confidence_) return;
    Edit edit;
    edit.path = path;
    edit.operation = {{"op", "replace"}, {"path", path}, {"value", cast->value}};
    edit.message = "the answer has " + cast->what;
    edit.evidence = shown(*value);
    edit.confidence = cast->confidence;
    *value = std::move(cast->value);
    edits_.push_back(std::move(edit));
  }

  // null for an optional member that cannot be null: it was meant to be absent.
  void drop_null(const std::string& path) {
    constexpr double kConfidence = 0.92;
    if (path.empty() || kConfidence < min_confidence_) return;
    const std::string holder_path(parent_pointer(path));
    Json* holder = value_at(document_, holder_path);
    const auto segments = split_pointer(path);
    if (holder == nullptr || !holder->is_object() || !segments) return;
    const auto& name = segments->back();
    for (const auto& property : schema_.properties_at(holder_path)) {
      if (property.name == name && property.required) return;
    }
    Edit edit;
    edit.path = path;
    edit.operation = {{"op", "remove"}, {"path", path}};
    edit.message = "the optional member \"" + evidence_of(name) + "\" was null instead of absent";
    edit.evidence = "null";
    edit.confidence = kConfidence;
    holder->erase(name);
    edits_.push_back(std::move(edit));
  }

  const CompiledSchema& schema_;
  Json document_;
  double min_confidence_;
  std::vector<Edit> edits_;
};

}  // namespace

std::string DriftRepair::patch() const {
  auto list = Json::array();
  for (const auto& edit : edits) list.push_back(edit.operation);
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<DriftRepair> repair_drift(const CompiledSchema& schema,
                                        const Json& document,
                                        const std::vector<Violation>& violations,
                                        double min_confidence) {
  return DriftSearch(schema, document, min_confidence).run(violations);
}

}  // namespace taskgate::checks

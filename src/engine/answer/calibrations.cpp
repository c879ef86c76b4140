#include "engine/answer/calibrations.hpp"

#include "taskgate/core/sha256.hpp"

#include <algorithm>
#include <set>

namespace taskgate::engine {
namespace {

constexpr char kFieldEnd = '\n';  // no model, fingerprint or method holds one

std::optional<AnswerRoute> parse_route(std::string_view text) {
  AnswerRoute route;
  const auto first = text.find(kFieldEnd);
  if (first == std::string_view::npos) return std::nullopt;
  route.model = text.substr(0, first);
  text.remove_prefix(first + 1);
  const auto second = text.find(kFieldEnd);
  if (second == std::string_view::npos) return std::nullopt;
  route.output_schema = text.substr(0, second);
  text.remove_prefix(second + 1);
  while (!text.empty()) {
    const auto end = std::min(text.find(kFieldEnd), text.size());
    route.methods.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return route;
}

}  // namespace

std::string schema_fingerprint(std::string_view schema) {
  return schema.empty() ? std::string() : to_hex(sha256(schema));
}

std::string to_string(const AnswerRoute& route) {
  std::string text = route.model + kFieldEnd + route.output_schema + kFieldEnd;
  for (const auto& method : route.methods) {
    text += method;
    text += kFieldEnd;
  }
  return text;
}

// Forgets the route that was labelled longest ago, of the tenants that have most of them once
// `tenant` has one more: nobody's schemas cost another tenant its calibration.
void Calibrations::make_room(const std::string& tenant) {
  std::map<std::string_view, std::size_t> counts;
  ++counts[tenant];
  for (const auto& [key, route] : routes_) ++counts[key.first];
  const auto rank = [&counts](const auto& entry) {
    return std::pair(-static_cast<std::ptrdiff_t>(counts.at(entry.first.first)), entry.second.last);
  };
  const auto first =
      std::min_element(routes_.begin(), routes_.end(),
                       [&rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
  if (first != routes_.end()) routes_.erase(first);
}

// Takes the label into its route without fitting; nullptr when it has no score to learn from.
Calibrations::Route* Calibrations::take(const store::Label& label) {
  auto of = label.score ? parse_route(label.route) : std::nullopt;
  if (!of) return nullptr;
  if (routes_.size() >= kMaxRoutes && !routes_.contains({label.ref.tenant, label.route}))
    make_room(label.ref.tenant);
  auto& route = routes_[{label.ref.tenant, label.route}];
  route.of = std::move(*of);
  route.last = label.at;
  if (route.entries.size() >= kMaxLabels) route.entries.erase(route.entries.begin());
  route.entries.push_back({label.ref.id, {*label.score, label.correct}});
  return &route;
}

void Calibrations::fit(Route& route) {
  std::vector<checks::LabelledScore> labels;
  labels.reserve(route.entries.size());
  for (const auto& entry : route.entries) labels.push_back(entry.label);
  route.calibrator = checks::Calibrator::fit(labels);
  route.error.reset();
  if (route.calibrator) route.error = checks::held_out_error(labels);
}

std::size_t Calibrations::add(const store::Label& label) {
  std::lock_guard lock(mutex_);
  for (auto& [key, route] : routes_) {
    if (key.first != label.ref.tenant) continue;
    std::erase_if(route.entries, [&](const Entry& entry) { return entry.task == label.ref.id; });
  }
  auto* route = take(label);
  if (route == nullptr) return 0;
  fit(*route);
  return route->entries.size();
}

void Calibrations::load(const std::vector<store::Label>& labels) {
  std::lock_guard lock(mutex_);
  for (const auto& label : labels) (void)take(label);  // those without a score teach nothing
  for (auto& [key, route] : routes_) fit(route);
}

void Calibrations::apply(const std::string& tenant,
                         const AnswerRoute& route,
                         checks::Confidence& confidence) const {
  if (!confidence.score) return;
  std::lock_guard lock(mutex_);
  const auto found = routes_.find({tenant, to_string(route)});
  if (found == routes_.end() || !found->second.calibrator) return;
  confidence.raw_score = confidence.score;
  confidence.score = (*found->second.calibrator)(*confidence.score);
  confidence.calibrated = true;
}

std::vector<CalibrationStatus> Calibrations::list(const std::string& tenant) const {
  std::lock_guard lock(mutex_);
  std::vector<CalibrationStatus> all;
  for (const auto& [key, route] : routes_) {
    if (key.first != tenant || route.entries.empty()) continue;
    CalibrationStatus status;
    status.model = route.of.model;
    status.output_schema = route.of.output_schema;
    status.methods = route.of.methods;
    status.labels = route.entries.size();
    status.error = route.error;
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace taskgate::engine

#include "engine/spent.hpp"

#include "engine/answer/step.hpp"

#include <cmath>

namespace taskgate::engine {

void Spent::add(std::string_view model, const providers::Usage& usage) {
  if (!usage.reported) return;
  add_usage(by_model_[std::string(model)], usage);
}

void Spent::add(const Spent& other) {
  for (const auto& [model, usage] : other.by_model_) add_usage(by_model_[model], usage);
}

std::optional<double> Spent::cost(
    const std::function<std::optional<double>(std::string_view, const providers::Usage&)>& price,
    const std::string& last_model) const {
  constexpr double kBillion = 1e9;
  if (!price || by_model_.empty()) return std::nullopt;
  double sum = 0;
  for (const auto& [model, usage] : by_model_) {
    const auto cost = price(model.empty() ? last_model : model, usage);
    if (!cost) return std::nullopt;
    sum += *cost;
  }
  return std::round(sum * kBillion) / kBillion;
}

}  // namespace taskgate::engine

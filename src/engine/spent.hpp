#pragma once
// What a task's turns used, model by model: only so can it be said what they cost.

#include "taskgate/providers/provider.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::engine {

class Spent {
 public:
  /// `model`: as it was asked for; empty: the one that answers in the end. A usage that was not
  /// reported is nothing.
  void add(std::string_view model, const providers::Usage& usage);
  void add(const Spent& other);

  /// In US dollars, to a billionth. nullopt: nothing was reported, or one of the models has no
  /// price. `last_model`: the one that answered in the end.
  std::optional<double> cost(
      const std::function<std::optional<double>(std::string_view, const providers::Usage&)>& price,
      const std::string& last_model) const;

 private:
  std::map<std::string, providers::Usage, std::less<>> by_model_;
};

}  // namespace taskgate::engine

#pragma once
// Why a task's model is unknown, and what may have been meant.

#include <span>
#include <string>
#include <string_view>

namespace taskgate::providers {

/// A provider that the server could have, and has not.
struct ProviderOff {
  std::string name;  ///< "openai"
  std::string
      remedy;  ///< what switches it on, e.g. "set OPENAI_API_KEY and start the server again"
};

/// A sentence about `model`, which no provider has: the parameter of a simulated model that is
/// wrong, the provider that is off and what switches it on, or the name that may have been meant.
/// Empty when there is nothing to say. `providers`: the names of those that are there.
std::string hint_at_model(std::string_view model,
                          std::span<const std::string> providers,
                          std::span<const ProviderOff> off);

}  // namespace taskgate::providers

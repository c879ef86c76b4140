#include "taskgate/providers/unknown_model.hpp"

#include "providers/simulated_model.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace taskgate::providers {
namespace {

// What people write without its provider.
constexpr std::pair<std::string_view, std::string_view> kFamilies[] = {
    {"gpt-", "openai"}, {"chatgpt-", "openai"}, {"claude-", "anthropic"}, {"gemini-", "gemini"}};

std::string remedy_for(std::string_view provider, std::span<const ProviderOff> off) {
  for (const auto& one : off) {
    if (one.name == provider)
      return "the provider \"" + one.name + "\" is switched off: " + one.remedy;
  }
  return {};
}

// A name without a slash.
std::string hint_at_bare(std::string_view model, std::span<const ProviderOff> off) {
  for (const auto& [prefix, provider] : kFamilies) {
    if (!model.starts_with(prefix)) continue;
    std::string hint = "did you mean \"";
    hint.append(provider).append("/").append(model).append("\"?");
    if (const auto remedy = remedy_for(provider, off); !remedy.empty())
      hint.append(" But ").append(remedy);
    return hint;
  }
  if (parse_sim_model(model)) return "did you mean \"sim/" + std::string(model) + "\"?";
  return "a model is written provider/model, e.g. \"sim/echo\"";
}

}  // namespace

std::string hint_at_model(std::string_view model,
                          std::span<const std::string> providers,
                          std::span<const ProviderOff> off) {
  const auto slash = model.find('/');
  if (slash == std::string_view::npos) return hint_at_bare(model, off);
  const auto provider = model.substr(0, slash);
  if (provider == "sim") {
    std::string fault;
    return parse_sim_model(model.substr(slash + 1), &fault) ? std::string() : fault;
  }
  if (auto remedy = remedy_for(provider, off); !remedy.empty()) return remedy;
  std::vector<std::string_view> names(providers.begin(), providers.end());
  for (const auto& one : off) names.push_back(one.name);
  const auto guess = closest(provider, names);
  if (!guess || *guess == provider) return {};
  return "did you mean \"" + *guess + std::string(model.substr(slash)) + "\"?";
}

}  // namespace taskgate::providers

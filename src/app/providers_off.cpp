#include "app/providers_off.hpp"

#include <string_view>
#include <utility>

namespace taskgate::app {
namespace {

// What detect_providers() looks for.
constexpr std::pair<std::string_view, std::string_view> kVendorVariables[] = {
    {"openai", "OPENAI_API_KEY"},
    {"anthropic", "ANTHROPIC_API_KEY"},
    {"gemini", "GEMINI_API_KEY"},
    {"ollama", "OLLAMA_HOST"}};

std::string remedy_of(const std::string& name, const ProviderConfig& provider) {
  constexpr std::string_view kAgain = " and start the server again";
  if (!provider.api_key.empty())
    return ("set providers/" + name + "/enabled to true").append(kAgain);
  for (const auto& [vendor, variable] : kVendorVariables) {
    if (vendor == name)
      return ("set " + std::string(variable) + ", or its api_key in the configuration,")
          .append(kAgain);
  }
  return std::string("set its api_key in the configuration").append(kAgain);
}

}  // namespace

std::vector<providers::ProviderOff> providers_off(const Config& config) {
  std::vector<providers::ProviderOff> off;
  for (const auto& [name, provider] : config.providers) {
    if (!provider.enabled) off.push_back({name, remedy_of(name, provider)});
  }
  for (const auto& [name, variable] : kVendorVariables) {
    if (config.providers.contains(std::string(name))) continue;
    off.push_back(
        {std::string(name), "set " + std::string(variable) + " and start the server again"});
  }
  return off;
}

}  // namespace taskgate::app

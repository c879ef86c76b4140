#include "taskgate/providers/registry.hpp"

#include "providers/anthropic/codec.hpp"
#include "providers/gemini/codec.hpp"
#include "providers/openai_chat/codec.hpp"
#include "providers/openai_responses/codec.hpp"
#include "providers/simulated.hpp"
#include "providers/simulated_model.hpp"
#include "providers/wire_provider.hpp"
#include "taskgate/net/url.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::string_view kSimulator = "sim";

struct Protocol {
  std::string_view name;
  MakeCodec make;
};
constexpr Protocol kProtocols[] = {
    {"openai_chat", make_openai_chat},
    {"openai_responses", make_openai_responses},
    {"anthropic", make_anthropic},
    {"gemini", make_gemini},
};

const Protocol* find_protocol(std::string_view name) {
  const auto found = std::find_if(std::begin(kProtocols), std::end(kProtocols),
                                  [&](const Protocol& known) { return known.name == name; });
  return found == std::end(kProtocols) ? nullptr : found;
}

std::string protocol_names() {
  std::string names;
  for (const Protocol& known : kProtocols) {
    if (!names.empty()) names += ", ";
    names += known.name;
  }
  return names;
}

class ConfiguredRegistry final : public Registry {
 public:
  ConfiguredRegistry(std::vector<ProviderConfig> configs,
                     net::HttpClient& client,
                     const Clock& clock) {
    providers_.emplace(kSimulator, std::make_unique<Simulated>());
    for (ProviderConfig& config : configs) {
      std::string name = config.name;
      auto codec = find_protocol(config.protocol)->make(config);
      providers_.emplace(std::move(name), std::make_unique<WireProvider>(
                                              std::move(config), std::move(codec), client, clock));
    }
  }

  std::optional<Target> find(std::string_view model) const override {
    const std::size_t slash = model.find('/');
    if (slash == std::string_view::npos || slash + 1 == model.size()) return std::nullopt;
    const auto found = providers_.find(model.substr(0, slash));
    if (found == providers_.end()) return std::nullopt;
    const std::string_view rest = model.substr(slash + 1);
    if (found->first == kSimulator && !parse_sim_model(rest)) return std::nullopt;
    Target target;
    target.provider = found->second.get();
    target.model = rest;
    return target;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, provider] : providers_) all.push_back(name);
    return all;
  }

 private:
  std::map<std::string, std::unique_ptr<Provider>, std::less<>> providers_;
};

[[noreturn]] void refuse(const ProviderConfig& config, const std::string& why) {
  throw std::invalid_argument("provider \"" + config.name + "\": " + why);
}

bool is_provider_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '-' && name.front() != '_' &&
         std::all_of(name.begin(), name.end(), fits);
}

void check(const ProviderConfig& config) {
  if (!is_provider_name(config.name)) refuse(config, "the name must match [a-z0-9][a-z0-9_-]*");
  if (config.name == kSimulator) refuse(config, "the name belongs to the simulator");
  if (find_protocol(config.protocol) == nullptr) {
    refuse(config, "unknown protocol \"" + config.protocol + "\"; known: " + protocol_names());
  }
  const auto url = net::parse_url(config.base_url);
  if (!url) refuse(config, "base_url: " + url.error().message());
  const std::string_view key = config.api_key.reveal();
  const bool clean =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!clean) refuse(config, "api_key holds white space or control characters");
}

}  // namespace

std::unique_ptr<Registry> make_registry(std::vector<ProviderConfig> configs,
                                        net::HttpClient& client,
                                        const Clock& clock) {
  for (auto config = configs.begin(); config != configs.end(); ++config) {
    check(*config);
    const bool twice = std::any_of(configs.begin(), config, [&](const ProviderConfig& other) {
      return other.name == config->name;
    });
    if (twice) refuse(*config, "the name is used twice");
  }
  return std::make_unique<ConfiguredRegistry>(std::move(configs), client, clock);
}

}  // namespace taskgate::providers

#include "app/config_reader.hpp"

#include <array>

namespace taskgate::app {
namespace {

struct ProxyVariable {
  const char* lower;
  const char* upper;
  const char* pointer;
  std::string ProxyConfig::*place;
};

constexpr std::array<ProxyVariable, 3> kProxyVariables{
    {{"https_proxy", "HTTPS_PROXY", "/proxy/https_url", &ProxyConfig::https_url},
     {"http_proxy", "HTTP_PROXY", "/proxy/http_url", &ProxyConfig::http_url},
     {"no_proxy", "NO_PROXY", "/proxy/no_proxy", &ProxyConfig::no_proxy}}};

}  // namespace

void detect_proxy(LoadedConfig& loaded, const std::map<std::string, std::string>& environment) {
  for (const auto& variable : kProxyVariables) {
    if (loaded.origins.contains(variable.pointer)) continue;
    for (const char* name : {variable.lower, variable.upper}) {
      const auto found = environment.find(name);
      if (found == environment.end() || found->second.empty()) continue;
      loaded.config.proxy.*variable.place = found->second;
      loaded.origins[variable.pointer] = std::string("environment ") + name;
      break;
    }
  }
}

}  // namespace taskgate::app

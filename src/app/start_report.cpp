#include "app/start_report.hpp"

#include "taskgate/observe/log.hpp"

#include <algorithm>

namespace taskgate::app {
namespace {

void add_to_list(std::string& list, std::string_view name) {
  if (!list.empty()) list += ", ";
  list += name;
}

std::string offered_tools(const Config& config) {
  std::string names;
  for (const auto& [name, tool] : config.tools) {
    if (tool.enabled) add_to_list(names, name);
  }
  for (const auto& [server_name, server] : config.mcp_servers) {
    if (!server.enabled) continue;
    for (const auto& [remote_name, tool] : server.tools) {
      if (tool.enabled) add_to_list(names, tool.definition.name);
    }
  }
  if (config.engine.demo_tools) add_to_list(names, "demo.*");
  return names.empty() ? "none" : names;
}

}  // namespace

void report_start(const Config& config, const std::string& url) {
  std::string on = "sim";
  std::string off;
  for (const auto& [name, provider] : config.providers) {
    if (provider.enabled) {
      add_to_list(on, name);
    } else {
      add_to_list(off, name + (provider.api_key.empty() ? " (no api_key)" : " (enabled is false)"));
    }
  }
  log::info("server.started", {{"listen", url},
                               {"auth", to_string(config.auth.mode)},
                               {"database", config.database.path},
                               {"providers", on},
                               {"providers_off", off.empty() ? "none" : off},
                               {"tools", offered_tools(config)}});
}

void warn_without_keys(const Config& config,
                       const std::vector<store::ApiKey>& keys,
                       TimePoint now) {
  if (config.auth.mode != AuthMode::keys) return;
  const bool usable = std::any_of(keys.begin(), keys.end(), [&](const store::ApiKey& key) {
    return !key.revoked_at && (!key.expires_at || *key.expires_at > now);
  });
  if (usable) return;
  log::warning("server.no_keys",
               {{"reason",
                 "requests need an API key and the database holds none that is valid: "
                 "every request will be answered 401"},
                {"remedy",
                 "stop the server, run `taskgate keys create --tenant NAME --scopes "
                 "admin --db " +
                     config.database.path +
                     "`, start it again; or, on a loopback address, set auth.mode to "
                     "\"open\""}});
}

}  // namespace taskgate::app

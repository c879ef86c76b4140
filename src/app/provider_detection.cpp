#include "app/config_reader.hpp"

#include <string_view>

namespace taskgate::app {
namespace {

using Environment = std::map<std::string, std::string>;

std::string variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string without_trailing_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

void add_provider(LoadedConfig& loaded,
                  const std::string& name,
                  ProviderConfig provider,
                  const std::string& reason) {
  if (!loaded.config.providers.emplace(name, std::move(provider)).second) return;
  const std::string pointer = "/providers/" + name;
  loaded.origins[pointer + "/protocol"] = reason;
  loaded.origins[pointer + "/base_url"] = reason;
  loaded.origins[pointer + "/api_key"] = reason;
}

// What Ollama's own tools take as OLLAMA_HOST: host, host:port, :port or a URL. A server's
// "0.0.0.0" means this machine to a client.
std::string ollama_url(std::string host) {
  std::string scheme = "http://";
  if (host.starts_with("http://") || host.starts_with("https://")) {
    scheme = host.substr(0, host.find("://") + 3);
    host = without_trailing_slash(host.substr(scheme.size()));
  }
  if (host.starts_with(':')) host = "127.0.0.1" + host;
  if (host.find(':') == std::string::npos && scheme == "http://") host += ":11434";
  if (host.starts_with("0.0.0.0")) host = "127.0.0.1" + host.substr(7);
  return scheme + host + "/v1";
}

}  // namespace

void detect_providers(LoadedConfig& loaded, const Environment& environment) {
  if (const auto key = variable(environment, "OPENAI_API_KEY"); !key.empty()) {
    ProviderConfig openai;
    openai.api_key = key;
    const auto base = variable(environment, "OPENAI_BASE_URL");
    openai.base_url = base.empty() ? "https://api.openai.com/v1" : without_trailing_slash(base);
    add_provider(loaded, "openai", std::move(openai), "environment OPENAI_API_KEY");
  }
  if (const auto key = variable(environment, "ANTHROPIC_API_KEY"); !key.empty()) {
    ProviderConfig anthropic;
    anthropic.protocol = Protocol::anthropic;
    anthropic.api_key = key;
    const auto base = variable(environment, "ANTHROPIC_BASE_URL");  // the SDKs' has no /v1
    anthropic.base_url =
        (base.empty() ? std::string("https://api.anthropic.com") : without_trailing_slash(base)) +
        "/v1";
    add_provider(loaded, "anthropic", std::move(anthropic), "environment ANTHROPIC_API_KEY");
  }
  for (const std::string name : {"GEMINI_API_KEY", "GOOGLE_API_KEY"}) {
    const auto key = variable(environment, name);
    if (key.empty()) continue;
    ProviderConfig gemini;
    gemini.protocol = Protocol::gemini;
    gemini.api_key = key;
    const auto base = variable(environment, "GOOGLE_GEMINI_BASE_URL");  // likewise without version
    gemini.base_url = (base.empty() ? std::string("https://generativelanguage.googleapis.com")
                                    : without_trailing_slash(base)) +
                      "/v1beta";
    add_provider(loaded, "gemini", std::move(gemini), "environment " + name);
  }
  if (const auto host = variable(environment, "OLLAMA_HOST"); !host.empty()) {
    ProviderConfig ollama;
    ollama.base_url = ollama_url(host);
    add_provider(loaded, "ollama", std::move(ollama), "environment OLLAMA_HOST");
  }
}

}  // namespace taskgate::app

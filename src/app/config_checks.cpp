#include "app/config_reader.hpp"
#include "taskgate/net/proxy.hpp"
#include "taskgate/observe/redact.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace taskgate::app {
namespace {

void check_readable(ConfigReader& reader, const std::string& pointer, const std::string& file) {
  errno = 0;
  if (file.empty() || std::ifstream(file).good()) return;
  reader.complain(pointer, std::string("the file cannot be read: ") + std::strerror(errno), "");
}

void check_tls(ConfigReader& reader, const TlsConfig& tls) {
  const std::string certificate = "/server/tls/certificate_file";
  const std::string key = "/server/tls/private_key_file";
  if (!tls.certificate_file.empty() && tls.private_key_file.empty())
    reader.complain(certificate, "a certificate without its private key", "set " + key);
  if (tls.certificate_file.empty() && !tls.private_key_file.empty())
    reader.complain(key, "a private key without its certificate", "set " + certificate);
  check_readable(reader, certificate, tls.certificate_file);
  check_readable(reader, key, tls.private_key_file);
}

void check_provider(ConfigReader& reader, const std::string& name, ProviderConfig& provider) {
  const std::string pointer = pointer_child("/providers", name);
  const auto& origins = reader.loaded().origins;
  if (provider.api_key.empty() && origins.contains(pointer + "/api_key")) provider.enabled = false;
  if (provider.base_url.empty()) {
    reader.complain(origins.contains(pointer + "/base_url") ? pointer + "/base_url" : pointer,
                    "base_url is missing", "e.g. \"https://api.openai.com/v1\"");
    return;
  }
  const auto url = boost::urls::parse_uri(provider.base_url);
  const std::string at = pointer + "/base_url";
  if (!url || (url->scheme() != "https" && url->scheme() != "http") || url->host().empty()) {
    reader.complain(at, "expected an absolute http or https URL", "");
  } else if (url->has_userinfo()) {
    reader.complain(at, "a URL must not carry credentials", "use api_key, or headers");
  } else if (url->has_query() || url->has_fragment()) {
    reader.complain(at, "expected a URL without query and fragment", "");
  }
  if (provider.api_key.find_first_of(" \t\r\n") != std::string::npos)
    reader.complain(pointer + "/api_key", "a key cannot hold blanks", "");
}

void check_flow(ConfigReader& reader, const engine::FlowOptions& flow) {
  if (flow.initial_concurrency > flow.max_concurrency)
    reader.complain("/engine/flow/initial_concurrency",
                    "it begins above /engine/flow/max_concurrency", "");
  if (flow.breaker_open > flow.breaker_open_most)
    reader.complain("/engine/flow/breaker_open_ms",
                    "it is longer than /engine/flow/breaker_open_max_ms", "");
}

// Each alone, so that a complaint stands at its place.
void check_proxy(ConfigReader& reader, const ProxyConfig& proxy) {
  const auto check = [&](const char* pointer, const net::ProxySettings& settings) {
    const auto rules = net::ProxyRules::make(settings);
    if (!rules) reader.complain(pointer, rules.error().message(), "");
  };
  net::ProxySettings settings;
  settings.https = Secret(proxy.https_url);
  check("/proxy/https_url", settings);
  settings = net::ProxySettings();
  settings.http = Secret(proxy.http_url);
  check("/proxy/http_url", settings);
  settings = net::ProxySettings();
  settings.no_proxy = proxy.no_proxy;
  check("/proxy/no_proxy", settings);
}

void check_webhooks(ConfigReader& reader,
                    const ConfigSources& sources,
                    const WebhookConfig& hooks) {
  const bool is_allowed = sources.purpose == ConfigPurpose::dev || sources.allow_loopback_for_tests;
  if (hooks.allow_loopback_for_tests && !is_allowed)
    reader.complain("/webhooks/allow_loopback_for_tests",
                    "webhooks to this very machine are for tests alone",
                    "remove it, or start with --allow-loopback-for-tests as well");
  const auto& ports = hooks.allowed_ports;
  if (hooks.allow_http && !ports.empty() &&
      std::find(ports.begin(), ports.end(), 80) == ports.end())
    reader.complain("/webhooks/allow_http",
                    "http is allowed, but port 80 is not among /webhooks/allowed_ports", "",
                    Severity::warning);
}

}  // namespace

void check_config(ConfigReader& reader, const ConfigSources& sources) {
  Config& config = reader.loaded().config;
  check_tls(reader, config.server.tls);
  if (sources.purpose == ConfigPurpose::dev && !is_loopback(config.server.listen)) {
    reader.complain("/server/listen", "dev listens on a loopback address only",
                    "use serve, with keys");
  } else if (config.auth.mode == AuthMode::open && !is_loopback(config.server.listen)) {
    reader.complain(
        reader.loaded().origins.contains("/auth/mode") ? "/auth/mode" : "/server/listen",
        "without keys only a loopback address may be listened on, not " +
            to_string(config.server.listen),
        "set /auth/mode to \"keys\", or listen on 127.0.0.1");
  }
  // SQLite's own name for a database without a file. "./:memory:" is a file.
  const auto& path = config.database.path;
  if (path.empty())
    reader.complain("/database/path", "expected the name of a file, got none", "");
  else if (path == ":memory:" || path.starts_with("file:"))
    reader.complain("/database/path", "expected the name of a file, not " + path,
                    "accepted tasks must survive a crash, which memory does not");
  if (config.engine.retry.base > config.engine.retry.max)
    reader.complain("/engine/retry/base_ms", "the first delay is longer than /engine/retry/max_ms",
                    "");
  check_flow(reader, config.engine.flow);
  check_proxy(reader, config.proxy);
  if (config.engine.tenant_max_queued > config.engine.max_queued_tasks &&
      reader.loaded().origins.contains("/engine/tenant_max_queued"))
    reader.complain("/engine/tenant_max_queued",
                    "one tenant's bound is above the whole server's, /engine/max_queued_tasks", "",
                    Severity::warning);
  check_webhooks(reader, sources, config.webhooks);
  for (auto& [name, provider] : config.providers) check_provider(reader, name, provider);
  check_tools(reader);
}

}  // namespace taskgate::app

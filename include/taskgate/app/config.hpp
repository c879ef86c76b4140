#pragma once
// Every setting of the program as plain values. How a Config comes to be (file, environment, flags)
// is config_loader.hpp's; the table that names, bounds and describes each setting is
// src/app/settings.cpp, from which docs/config.md and config/taskgate.schema.json are made.

#include "taskgate/app/tool_config.hpp"
#include "taskgate/engine/flow_options.hpp"
#include "taskgate/net/server.hpp"
#include "taskgate/observe/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace taskgate::app {

/// Where to listen. Text form "host:port"; IPv6 in brackets, "[::1]:8080".
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free one
  bool operator==(const ListenAddress&) const = default;
};

/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(const ListenAddress& address);
std::string to_string(const ListenAddress& address);

struct TlsConfig {
  std::string certificate_file;  ///< PEM chain; empty: plain HTTP
  std::string private_key_file;  ///< PEM; set exactly when the certificate is
};

struct ServerConfig {
  ListenAddress listen;
  int threads = 0;  ///< 0..64; 0: one up to two cores, then half the cores
  TlsConfig tls;
  net::ServerLimits limits;
  std::size_t max_body_bytes = 1U << 20;  ///< 1 KiB..64 MiB, of one request's body
};

struct DatabaseConfig {
  std::string path = "taskgate.db";  ///< created when absent
  int reader_threads = 2;            ///< 1..16
};

struct RetryConfig {
  std::chrono::milliseconds base{500};    ///< 1 ms..10 min; the first delay's upper bound
  std::chrono::milliseconds max{30'000};  ///< base..1 h; no delay is longer
};

struct EngineConfig {
  int slots = 1024;                           ///< 1..100000 attempts at once
  std::size_t max_queued_tasks = 100'000;     ///< 1..10 million; past it 503
  std::size_t max_queued_bytes = 256U << 20;  ///< 1 MiB..64 GiB of request bodies; past it 503
  std::size_t tenant_max_queued = 50'000;     ///< 1..10 million of one tenant; past it 429
  /// 1 KiB..1 GiB of one agent's turns and its tools' answers, which may take half; past it
  /// `failed`
  std::size_t max_conversation_bytes = 32U << 20;
  int max_attempts = 3;                                ///< 1..100 failed attempts before `failed`
  std::chrono::milliseconds attempt_timeout{600'000};  ///< 100 ms..24 h
  std::chrono::milliseconds default_deadline{0};       ///< 0..30 days after submission; 0: none
  std::chrono::seconds result_ttl{604'800};            ///< 1 min..10 years after the end
  RetryConfig retry;
  engine::FlowOptions flow;                      ///< the settings under engine/flow
  std::chrono::seconds idempotency_ttl{86'400};  ///< 24 h (the contract's least)..30 days
  bool demo_tools = false;                       ///< offer the built-in demo tools
};

/// How an upstream speaks. One value per codec in src/providers.
/// The values are in the order of their names in the configuration (app/settings.cpp).
enum class Protocol { openai_chat, openai_responses, anthropic, gemini };
const char* to_string(Protocol protocol) noexcept;

struct ProviderConfig {
  bool enabled = true;  ///< false: configured but not served (also when api_key came out empty)
  Protocol protocol = Protocol::openai_chat;
  std::string base_url;  ///< absolute http(s) URL without user part
  /// Kept readable only in memory: every print of a Config masks it, no log line may carry it.
  std::string api_key;
  std::chrono::milliseconds connect_timeout{10'000};      ///< 1 ms..5 min: DNS, TCP and TLS
  std::chrono::milliseconds first_byte_timeout{120'000};  ///< 1 ms..1 h
  std::chrono::milliseconds idle_timeout{60'000};  ///< 1 ms..1 h between two reads of a stream
  std::map<std::string, std::string> headers;      ///< sent with every request; values masked too
  std::vector<std::string> models;  ///< shown by GET /models; any other may be used as well
};

/// The proxy for outgoing requests. Loopback targets never go through it.
struct ProxyConfig {
  std::string https_url;  ///< for https upstreams: "http://[user:password@]host:port"; a secret
  std::string http_url;   ///< for http upstreams; a secret too
  std::string no_proxy;   ///< names, addresses and networks reached directly, by comma
  bool webhooks = false;  ///< webhooks too
  bool tools = false;     ///< tools too
};

struct WebhookConfig {
  std::chrono::milliseconds timeout{15'000};  ///< 100 ms..60 s for one attempt
  bool allow_http = false;                    ///< false: https alone
  bool allow_loopback_for_tests = false;      ///< receivers on this machine; see the loader
  int max_concurrent = 32;                    ///< 1..1000 deliveries at once
  std::vector<std::uint16_t> allowed_ports{443, 8443};  ///< empty: every port
};

enum class AuthMode {
  keys,  ///< every request needs an API key
  open   ///< none is asked for; only on a loopback address
};
const char* to_string(AuthMode mode) noexcept;

struct AuthConfig {
  AuthMode mode = AuthMode::keys;
};

struct LogConfig {
  log::Level level = log::Level::info;
  log::Format format = log::Format::text;
};

struct Config {
  ServerConfig server;
  DatabaseConfig database;
  EngineConfig engine;
  std::map<std::string, ProviderConfig> providers;  ///< by the prefix of a model's name
  std::map<std::string, ToolConfig> tools;          ///< by their names
  std::map<std::string, McpServerConfig> mcp_servers;
  std::map<std::string, PriceConfig>
      prices;  ///< by model, "openai/gpt-…"; a final * stands for any rest
  ProxyConfig proxy;
  WebhookConfig webhooks;
  AuthConfig auth;
  LogConfig log;
  std::chrono::milliseconds shutdown_grace{25'000};  ///< 0..10 min to end requests and attempts
};

}  // namespace taskgate::app

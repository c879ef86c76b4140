#include "app/settings.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace taskgate::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kMiB = 1 << 20;

constexpr std::array<std::string_view, 2> kAuthModes{"keys", "open"};
constexpr std::array<std::string_view, 5> kLogLevels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 3> kLogFormats{"text", "json", "logfmt"};
constexpr std::array<std::string_view, 4> kProtocols{"openai_chat", "openai_responses", "anthropic",
                                                     "gemini"};

const Choice<Config> kAuthMode{kAuthModes, [](const Config& c) { return to_string(c.auth.mode); },
                               [](Config& c, std::string_view name) {
                                 c.auth.mode = name == "open" ? AuthMode::open : AuthMode::keys;
                               }};
const Choice<Config> kLevelChoice{
    kLogLevels, [](const Config& c) { return log::to_string(c.log.level); },
    [](Config& c, std::string_view name) { c.log.level = *log::parse_level(name); }};
const Choice<Config> kFormatChoice{
    kLogFormats, [](const Config& c) { return log::to_string(c.log.format); },
    [](Config& c, std::string_view name) { c.log.format = *log::parse_format(name); }};
const Choice<ProviderConfig> kProtocol{
    kProtocols, [](const ProviderConfig& p) { return to_string(p.protocol); },
    [](ProviderConfig& p, std::string_view name) {
      const auto found = std::find(kProtocols.begin(), kProtocols.end(), name);
      p.protocol = static_cast<Protocol>(found - kProtocols.begin());
    }};

template <auto... Members>
constexpr auto in_config = &reach<Config, Members...>;
template <auto Member>
constexpr auto in_server = &reach<Config, &Config::server, Member>;
template <auto Member>
constexpr auto in_limits = &reach<Config, &Config::server, &ServerConfig::limits, Member>;
template <auto Member>
constexpr auto in_engine = &reach<Config, &Config::engine, Member>;
template <auto Member>
constexpr auto in_flow = &reach<Config, &Config::engine, &EngineConfig::flow, Member>;
template <auto Member>
constexpr auto in_proxy = &reach<Config, &Config::proxy, Member>;
template <auto Member>
constexpr auto in_webhooks = &reach<Config, &Config::webhooks, Member>;
template <auto Member>
constexpr auto in_provider = &reach<ProviderConfig, Member>;

using Limits = net::ServerLimits;
using Flow = engine::FlowOptions;

// clang-format off
const Setting<Config> kConfigSettings[] = {
    {"server/listen", in_server<&ServerConfig::listen>, 0, 0,
     "Address and port to listen on, `host:port`; port 0 takes any free one."},
    {"server/threads", in_server<&ServerConfig::threads>, 0, 64,
     "Threads that serve connections; 0: one up to two cores, then half the cores."},
    {"server/tls/certificate_file", in_config<&Config::server, &ServerConfig::tls, &TlsConfig::certificate_file>, 0, 0,
     "PEM file with the certificate chain; empty: plain HTTP."},
    {"server/tls/private_key_file", in_config<&Config::server, &ServerConfig::tls, &TlsConfig::private_key_file>, 0, 0,
     "PEM file with the certificate's private key."},
    {"server/limits/header_timeout_ms", in_limits<&Limits::header_timeout>, 100, 10 * kMinuteMs,
     "Milliseconds from a request's first byte to the end of its head; then 408."},
    {"server/limits/body_timeout_ms", in_limits<&Limits::body_timeout>, 100, 10 * kMinuteMs,
     "Milliseconds for a request's body, beyond what 1 KiB/s would take; then 408."},
    {"server/limits/keep_alive_timeout_ms", in_limits<&Limits::keep_alive_timeout>, 100, 10 * kMinuteMs,
     "Milliseconds that a connection may idle between requests; then it is closed."},
    {"server/limits/write_timeout_ms", in_limits<&Limits::write_timeout>, 100, 10 * kMinuteMs,
     "Milliseconds that one write may stall; then the connection is cut."},
    {"server/limits/max_connections", in_limits<&Limits::max_connections>, 1, 1'000'000,
     "Connections open at once; more are answered 503 and closed."},
    {"server/limits/max_connections_per_address", in_limits<&Limits::max_connections_per_address>, 0, 1'000'000,
     "Connections open at once from one address; 0: no bound of its own."},
    {"server/limits/max_requests_per_connection", in_limits<&Limits::max_requests_per_connection>, 0, 1'000'000'000,
     "Requests on one connection before it is closed; 0: unlimited."},
    {"server/limits/max_header_bytes", in_limits<&Limits::max_header_bytes>, 1024, kMiB,
     "Bytes of a request's head; past it 431."},
    {"server/limits/max_header_count", in_limits<&Limits::max_header_count>, 8, 1000,
     "Header fields of a request; past it 431."},
    {"server/limits/max_target_bytes", in_limits<&Limits::max_target_bytes>, 256, 64 * 1024,
     "Bytes of a request's target; past it 414."},
    {"server/limits/max_body_bytes", in_server<&ServerConfig::max_body_bytes>, 1024, 64 * kMiB,
     "Bytes of a request's body; past it 413."},
    {"database/path", in_config<&Config::database, &DatabaseConfig::path>, 0, 0,
     "The SQLite file; created when absent. Beside it lie `-wal`, `-shm` and `-lock`."},
    {"database/reader_threads", in_config<&Config::database, &DatabaseConfig::reader_threads>, 1, 16,
     "Threads that read from the database, each with a connection of its own."},
    {"engine/slots", in_engine<&EngineConfig::slots>, 1, 100'000,
     "Attempts that run at once; the rest wait in the queue."},
    {"engine/max_queued_tasks", in_engine<&EngineConfig::max_queued_tasks>, 1, 10'000'000,
     "Tasks that may wait; past it 503 with `Retry-After`."},
    {"engine/max_queued_bytes", in_engine<&EngineConfig::max_queued_bytes>, kMiB, 65'536 * kMiB,
     "Bytes of request bodies that may wait; past it 503 with `Retry-After`."},
    {"engine/tenant_max_queued", in_engine<&EngineConfig::tenant_max_queued>, 1, 10'000'000,
     "Tasks of one tenant that may wait; past it 429 with `Retry-After`."},
    {"engine/max_conversation_bytes", in_engine<&EngineConfig::max_conversation_bytes>, 1024, 1024 * kMiB,
     "Bytes of one agent's turns and its tools' answers together; past it the task fails with `budget_exceeded`. The answers may take half of it, what is more of them is cut."},
    {"engine/max_attempts", in_engine<&EngineConfig::max_attempts>, 1, 100,
     "Attempts that may fail before the task is `failed`."},
    {"engine/attempt_timeout_ms", in_engine<&EngineConfig::attempt_timeout>, 100, kDayMs,
     "Milliseconds that one attempt may take; then it is retried like any failure that may pass."},
    {"engine/default_deadline_ms", in_engine<&EngineConfig::default_deadline>, 0, 30 * kDayMs,
     "Milliseconds from submission after which a task without a deadline of its own expires; 0: never."},
    {"engine/result_ttl_seconds", in_engine<&EngineConfig::result_ttl>, 60, 3650 * kDaySeconds,
     "Seconds that a finished task's content is kept, unless the task says otherwise."},
    {"engine/retry/base_ms", in_config<&Config::engine, &EngineConfig::retry, &RetryConfig::base>, 1, 10 * kMinuteMs,
     "Upper bound in milliseconds of the first retry's delay; each further one doubles it."},
    {"engine/retry/max_ms", in_config<&Config::engine, &EngineConfig::retry, &RetryConfig::max>, 1, kHourMs,
     "Upper bound in milliseconds of any retry's delay."},
    {"engine/flow/initial_concurrency", in_flow<&Flow::initial_concurrency>, 1, 100'000,
     "Attempts at once with one model before anything is known of its upstream; it then adapts."},
    {"engine/flow/max_concurrency", in_flow<&Flow::max_concurrency>, 1, 100'000,
     "Attempts at once with one model that adapting never goes beyond."},
    {"engine/flow/breaker_failures", in_flow<&Flow::breaker_failures>, 0, 32,
     "Failures among a model's last 32 attempts, within a minute, that open its circuit breaker; 0: none."},
    {"engine/flow/breaker_open_ms", in_flow<&Flow::breaker_open>, 10, kHourMs,
     "Milliseconds that a circuit breaker stays open before one attempt is let through as a probe."},
    {"engine/flow/breaker_open_max_ms", in_flow<&Flow::breaker_open_most>, 10, kHourMs,
     "Upper bound in milliseconds of that time, which each failed probe doubles."},
    {"engine/flow/retry_percent", in_flow<&Flow::retry_percent>, 0, 100,
     "Retries of a model that may begin within ten seconds, per hundred tasks that begin with it."},
    {"engine/flow/retry_floor", in_flow<&Flow::retry_floor>, 0, 10'000,
     "Retries of a model that may begin within ten seconds whatever the number of tasks."},
    {"engine/flow/max_hold_ms", in_flow<&Flow::max_hold>, 0, 30 * kDayMs,
     "Milliseconds that a task is held back because its models fail (breaker, retries); then it is `failed`."},
    {"engine/flow/guard_simulator", in_flow<&Flow::guard_simulator>, 0, 0,
     "Apply flow control to the simulator too, which has no upstream to protect."},
    {"engine/idempotency_ttl_seconds", in_engine<&EngineConfig::idempotency_ttl>, kDaySeconds, 30 * kDaySeconds,
     "Seconds that an `Idempotency-Key` is remembered; the contract promises 24 hours."},
    {"engine/demo_tools", in_engine<&EngineConfig::demo_tools>, 0, 0,
     "Offer the built-in demo tools (docs/tools.md); `taskgate dev` does so unless it is told otherwise."},
    {"proxy/https_url", in_proxy<&ProxyConfig::https_url>, 0, 0,
     "Proxy for https upstreams, `http://[user:password@]host:port`; empty: none. Else `HTTPS_PROXY` of the environment.", true},
    {"proxy/http_url", in_proxy<&ProxyConfig::http_url>, 0, 0,
     "Proxy for http upstreams; empty: none. Else `HTTP_PROXY` of the environment.", true},
    {"proxy/no_proxy", in_proxy<&ProxyConfig::no_proxy>, 0, 0,
     "Names (with their subdomains), addresses and networks that are reached directly, separated by commas; `*`: all. Else `NO_PROXY` of the environment. Loopback always is."},
    {"proxy/webhooks", in_proxy<&ProxyConfig::webhooks>, 0, 0,
     "Deliver webhooks through the proxy as well; their addresses are resolved and judged here all the same."},
    {"proxy/tools", in_proxy<&ProxyConfig::tools>, 0, 0,
     "Reach tools and MCP servers through the proxy as well; their addresses are resolved and judged here all the same."},
    {"webhooks/timeout_ms", in_webhooks<&WebhookConfig::timeout>, 100, kMinuteMs,
     "Milliseconds that one delivery may take."},
    {"webhooks/allow_http", in_webhooks<&WebhookConfig::allow_http>, 0, 0,
     "Deliver to `http://` URLs too; else only to `https://`."},
    {"webhooks/allow_loopback_for_tests", in_webhooks<&WebhookConfig::allow_loopback_for_tests>, 0, 0,
     "Deliver to this very machine: for tests. `serve` refuses it unless `--allow-loopback-for-tests` says so too."},
    {"webhooks/max_concurrent", in_webhooks<&WebhookConfig::max_concurrent>, 1, 1000,
     "Deliveries under way at once."},
    {"webhooks/allowed_ports", in_webhooks<&WebhookConfig::allowed_ports>, 1, 65'535,
     "Ports that a webhook's URL may name; an empty list allows every port."},
    {"auth/mode", kAuthMode, 0, 0,
     "`keys`: every request needs an API key; `open`: none is asked for, on a loopback address only, and everybody is the tenant `default`."},
    {"log/level", kLevelChoice, 0, 0,
     "Least level that is logged."},
    {"log/format", kFormatChoice, 0, 0,
     "Form of a log line on stderr."},
    {"shutdown_grace_ms", in_config<&Config::shutdown_grace>, 0, 10 * kMinuteMs,
     "Milliseconds that requests, streams and attempts get to end after SIGTERM."},
};

const Setting<ProviderConfig> kProviderSettings[] = {
    {"enabled", in_provider<&ProviderConfig::enabled>, 0, 0,
     "Serve this provider. Taken as `false` when `api_key` is given and comes out empty."},
    {"protocol", kProtocol, 0, 0,
     "How the upstream speaks (docs/providers.md)."},
    {"base_url", in_provider<&ProviderConfig::base_url>, 0, 0,
     "The upstream's URL up to and with its version, without what the protocol adds (`/chat/completions`, `/responses`, `/messages`, `/models/…`). Required."},
    {"api_key", in_provider<&ProviderConfig::api_key>, 0, 0,
     "Sent as the protocol asks (`Authorization`, `x-api-key` or `x-goog-api-key`); leave it out for an upstream that asks for none.", true},
    {"connect_timeout_ms", in_provider<&ProviderConfig::connect_timeout>, 1, 5 * kMinuteMs,
     "Milliseconds for DNS, TCP and TLS together."},
    {"first_byte_timeout_ms", in_provider<&ProviderConfig::first_byte_timeout>, 1, kHourMs,
     "Milliseconds from the request's end to the answer's first byte."},
    {"idle_timeout_ms", in_provider<&ProviderConfig::idle_timeout>, 1, kHourMs,
     "Milliseconds of silence within an answer."},
    {"headers", in_provider<&ProviderConfig::headers>, 0, 0,
     "Further header fields for every request, name to value.", true},
    {"models", in_provider<&ProviderConfig::models>, 0, 0,
     "Models that `GET /models` lists before they are used, without the provider's name; any other may be used as well."},
};
// clang-format on

}  // namespace

std::span<const Setting<Config>> config_settings() {
  return kConfigSettings;
}

std::span<const Setting<ProviderConfig>> provider_settings() {
  return kProviderSettings;
}

std::string environment_name(std::string_view path) {
  std::string name = "TASKGATE_";
  for (const char c : path) {
    if (c == '/') {
      name += "__";
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

}  // namespace taskgate::app

#include "taskgate/app/application.hpp"

#include "app/providers_off.hpp"
#include "app/start_report.hpp"
#include "app/tools_config.hpp"
#include "taskgate/api/auth.hpp"
#include "taskgate/api/routes.hpp"
#include "taskgate/delivery/dispatcher.hpp"
#include "taskgate/engine/engine.hpp"
#include "taskgate/net/http_client.hpp"
#include "taskgate/net/server.hpp"
#include "taskgate/net/ssrf_guard.hpp"
#include "taskgate/observe/log.hpp"
#include "taskgate/providers/registry.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace taskgate::app {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kKeyReload{5'000};  // a revocation takes effect within this

// Measured on two cores: a second I/O thread gains nothing there (docs/benchmarks.md).
int io_threads(int configured) {
  if (configured > 0) return configured;
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return cores <= 2 ? 1 : cores / 2;
}

std::size_t worker_threads() {
  return std::max(2U, std::thread::hardware_concurrency());
}

void report(std::string_view what, std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const std::exception& exception) {
    log::error("task.escaped", {{"what", what}, {"reason", exception.what()}});
  } catch (...) {
    log::error("task.escaped", {{"what", what}, {"reason", "not an exception"}});
  }
}

store::SqliteOptions store_options(const Config& config) {
  store::SqliteOptions options;
  options.path = config.database.path;
  options.reader_threads = config.database.reader_threads;
  return options;
}

engine::EngineOptions engine_options(const Config& config) {
  engine::EngineOptions options;
  options.slots = static_cast<std::size_t>(config.engine.slots);
  options.max_live_tasks = config.engine.max_queued_tasks;
  options.max_live_bytes = config.engine.max_queued_bytes;
  options.max_live_tasks_per_tenant = config.engine.tenant_max_queued;
  options.max_conversation_bytes = config.engine.max_conversation_bytes;
  options.max_attempts = config.engine.max_attempts;
  options.attempt_timeout = config.engine.attempt_timeout;
  options.default_deadline = config.engine.default_deadline;
  options.backoff_base = config.engine.retry.base;
  options.backoff_max = config.engine.retry.max;
  options.flow = config.engine.flow;
  options.result_ttl = config.engine.result_ttl;
  options.idempotency_ttl = config.engine.idempotency_ttl;
  return options;
}

// What turns cost; empty where no price is configured.
std::function<std::optional<double>(std::string_view, const providers::Usage&)> price_function(
    const Config& config) {
  if (config.prices.empty()) return {};
  return [table = price_table(config)](std::string_view model,
                                       const providers::Usage& usage) -> std::optional<double> {
    const auto price = table.find(model);
    if (!price) return std::nullopt;
    return engine::cost_usd(usage, *price);
  };
}

net::SsrfPolicy webhook_policy(const Config& config) {
  net::SsrfPolicy policy;
  policy.allow_http = config.webhooks.allow_http;
  policy.allowed_ports = config.webhooks.allowed_ports;
  policy.allow_loopback_for_tests = config.webhooks.allow_loopback_for_tests;
  return policy;
}

std::vector<providers::ProviderConfig> provider_configs(const Config& config) {
  std::vector<providers::ProviderConfig> all;
  for (const auto& [name, from] : config.providers) {
    if (!from.enabled) continue;
    providers::ProviderConfig provider;
    provider.name = name;
    provider.protocol = to_string(from.protocol);
    provider.base_url = from.base_url;
    provider.api_key = Secret(from.api_key);
    provider.timeouts.connect = from.connect_timeout;
    provider.timeouts.first_byte = from.first_byte_timeout;
    provider.timeouts.idle = from.idle_timeout;
    for (const auto& [header, value] : from.headers) provider.headers.emplace_back(header, value);
    all.push_back(std::move(provider));
  }
  return all;
}

std::vector<api::ProviderInfo> provider_infos(const providers::Registry& registry,
                                              const Config& config) {
  std::vector<api::ProviderInfo> all;
  for (const auto& name : registry.names()) {
    api::ProviderInfo info;
    info.name = name;
    info.models = name + "/<model>";
    if (const auto found = config.providers.find(name); found != config.providers.end()) {
      for (const auto& model : found->second.models)
        info.configured.push_back(std::string(name).append("/").append(model));
    }
    all.push_back(std::move(info));
  }
  return all;
}

net::ServerOptions server_options(const Config& config) {
  net::ServerOptions options;
  options.host = config.server.listen.host;
  options.port = config.server.listen.port;
  options.threads = io_threads(config.server.threads);
  options.tls_certificate_file = config.server.tls.certificate_file;
  options.tls_private_key_file = config.server.tls.private_key_file;
  options.limits = config.server.limits;
  return options;
}

// The loader has checked the settings; what comes from elsewhere must be right.
net::ProxyRules proxy_rules(const ProxyConfig& config) {
  net::ProxySettings settings;
  settings.https = Secret(config.https_url);
  settings.http = Secret(config.http_url);
  settings.no_proxy = config.no_proxy;
  auto rules = net::ProxyRules::make(settings);
  if (!rules) throw std::invalid_argument(rules.error().message());
  return std::move(*rules);
}

net::ClientOptions client_options(const Overrides& overrides) {
  net::ClientOptions options;
  options.ca_file = overrides.ca_file;
  options.user_agent = "taskgate/" TASKGATE_VERSION;
  return options;
}

}  // namespace

// In the order of construction; destruction goes the other way round.
struct Application::Parts {
  SystemClock system_clock;
  std::unique_ptr<store::Store> store;
  asio::thread_pool workers{worker_threads()};
  // Three clients: a pooled connection is vetted once, so that none is shared between those whose
  // addresses are judged by different rules.
  std::unique_ptr<net::HttpClient> provider_client;
  std::unique_ptr<net::HttpClient> webhook_client;
  std::unique_ptr<net::HttpClient> tool_client;
  std::unique_ptr<tools::Toolbox> toolbox;
  std::unique_ptr<providers::Registry> registry;
  std::unique_ptr<delivery::Dispatcher> dispatcher;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<api::KeyRing> keys;
  runtime::TaskGroup loops{report};
  std::unique_ptr<net::HttpServer> server;

  void compose(const Config& config, const Overrides& overrides);
  Result<void> go(const Config& config);
  Result<void> load_keys(const Config& config);
};

Application::Application(Config config, Overrides overrides)
    : config_(std::move(config)), overrides_(std::move(overrides)) {}

Application::~Application() {
  stop(std::chrono::milliseconds{0});
}

void Application::Parts::compose(const Config& config, const Overrides& overrides) {
  const Clock& clock = overrides.clock != nullptr ? *overrides.clock : system_clock;
  const auto executor = workers.get_executor();
  auto to_providers = client_options(overrides);
  to_providers.proxy = proxy_rules(config.proxy);
  auto to_receivers = client_options(overrides);
  if (config.proxy.webhooks) to_receivers.proxy = to_providers.proxy;
  auto to_tools = client_options(overrides);
  if (config.proxy.tools) to_tools.proxy = to_providers.proxy;
  provider_client = std::make_unique<net::HttpClient>(executor, std::move(to_providers));
  webhook_client = std::make_unique<net::HttpClient>(executor, std::move(to_receivers));
  tool_client = std::make_unique<net::HttpClient>(executor, std::move(to_tools));
  registry = providers::make_registry(provider_configs(config), *provider_client, clock);

  auto policy = webhook_policy(config);
  boost::system::error_code not_an_address;
  const auto own = asio::ip::make_address(config.server.listen.host, not_an_address);
  if (!not_an_address) policy.own_listeners = net::own_endpoints(own, config.server.listen.port);
  toolbox = tools::make_toolbox(toolbox_config(config, policy.own_listeners), *tool_client, clock);
  delivery::DispatcherOptions deliveries;
  deliveries.max_concurrent = static_cast<std::size_t>(config.webhooks.max_concurrent);
  deliveries.timeout = config.webhooks.timeout;
  deliveries.policy = policy;
  if (overrides.webhook_schedule) deliveries.schedule = *overrides.webhook_schedule;
  dispatcher = std::make_unique<delivery::Dispatcher>(*store, *webhook_client, clock, executor,
                                                      std::move(deliveries));

  auto engine_settings = engine_options(config);
  engine_settings.toolbox = toolbox.get();
  engine_settings.price = price_function(config);
  engine = std::make_unique<engine::Engine>(
      *store, clock, *registry, executor, std::move(engine_settings),
      [this] { dispatcher->notify(); }, report);

  const auto mode = config.auth.mode == AuthMode::open ? api::AuthMode::open : api::AuthMode::keys;
  keys = std::make_unique<api::KeyRing>(*store, clock, mode);
  api::ApiOptions options;
  options.task_body_limit = config.server.max_body_bytes;
  if (overrides.stream_heartbeat) options.heartbeat = *overrides.stream_heartbeat;
  options.providers = provider_infos(*registry, config);
  options.check_webhook_url = [policy](std::string_view url) -> Result<void> {
    if (const auto checked = net::check_webhook_url(url, policy); !checked) return checked.error();
    return {};
  };
  options.model_hint = [names = registry->names(),
                        off = providers_off(config)](std::string_view model) {
    return providers::hint_at_model(model, names, off);
  };
  api::Services services{*engine, *store, *keys, clock, std::move(options)};
  server = std::make_unique<net::HttpServer>(server_options(config),
                                             api::make_router(std::move(services)),
                                             api::make_gate(*keys), api::make_refusals());
}

Result<void> Application::Parts::go(const Config& config) {
  // First, because a port that is taken must not cost anything: no attempt, no call to a provider.
  if (const auto listening = server->listen(); !listening) return listening.error();
  if (const auto ready = load_keys(config); !ready) return ready.error();
  if (const auto recovered = engine->start(); !recovered) return recovered.error();
  dispatcher->start();
  if (config.auth.mode == AuthMode::keys) {
    loops.spawn("keys", asio::make_strand(workers.get_executor()), runtime::OnError::log,
                keys->run(kKeyReload));
  }
  return server->start();
}

// The ring must be full before the first request: a restart must not turn callers away.
Result<void> Application::Parts::load_keys(const Config& config) {
  if (config.auth.mode != AuthMode::keys) return {};
  auto reading = asio::co_spawn(workers, store->keys(), asio::use_future);
  auto rows = reading.get();
  if (!rows) return rows.error();
  if (rows.value().empty() && !is_loopback(config.server.listen)) {
    return Error(Errc::invalid_argument, "refusing to listen on " +
                                             to_string(config.server.listen) +
                                             " without keys: nobody could use it yet. Create the "
                                             "first one with `taskgate keys create "
                                             "--tenant NAME --scopes admin --db " +
                                             config.database.path + "`, then start again");
  }
  warn_without_keys(config, *rows, system_clock.now());
  keys->load(std::move(rows.value()));
  return {};
}

Result<void> Application::start() {
  if (const auto exposure = check_exposure(config_); !exposure) return exposure.error();
  auto opened = store::open_sqlite(store_options(config_));
  if (!opened) return opened.error();
  parts_ = std::make_unique<Parts>();
  parts_->store = std::move(opened.value());
  parts_->compose(config_, overrides_);
  if (const auto running = parts_->go(config_); !running) return running.error();
  report_start(config_, url());
  return {};
}

std::string Application::url() const {
  ListenAddress address = config_.server.listen;
  address.port = port();
  return (config_.server.tls.certificate_file.empty() ? "http://" : "https://") +
         to_string(address);
}

std::uint16_t Application::port() const {
  return parts_ && parts_->server ? parts_->server->port() : 0;
}

void Application::stop(std::chrono::milliseconds grace) {
  if (!parts_) return;
  auto& parts = *parts_;
  if (parts.engine) parts.engine->begin_drain();
  // Streams follow tasks to their end, so connections and attempts drain side by side.
  std::thread connections([&parts, grace] {
    if (parts.server) parts.server->drain(grace);
  });
  if (parts.engine) parts.engine->drain(grace);
  connections.join();
  if (parts.server) parts.server->stop();
  if (parts.dispatcher)
    parts.dispatcher->stop(std::min<std::chrono::milliseconds>(grace, std::chrono::seconds{5}));
  parts.loops.request_stop();
  parts.loops.wait();
  if (parts.store) parts.store->close();
  parts.workers.stop();
  parts.workers.join();
  parts_.reset();
}

Result<void> check_exposure(const Config& config) {
  if (config.auth.mode == AuthMode::open && !is_loopback(config.server.listen)) {
    return Error(Errc::invalid_argument,
                 "refusing to listen on " + to_string(config.server.listen) +
                     " without keys: anybody who reaches it could spend your model budget. Set "
                     "auth.mode to \"keys\" and "
                     "create one with `taskgate keys create`, or listen on 127.0.0.1");
  }
  return {};
}

}  // namespace taskgate::app

#include "taskgate/app/commands.hpp"

#include "taskgate/app/application.hpp"
#include "taskgate/app/config_loader.hpp"
#include "taskgate/app/key_admin.hpp"
#include "taskgate/core/json_text.hpp"

#include <sys/stat.h>

#include <optional>
#include <ostream>
#include <string>
#include <utility>

namespace taskgate::app {
namespace {

// Says every problem on `err`; nullopt when the configuration cannot be used.
std::optional<Config> load(const ConfigSources& sources, std::ostream& err) {
  auto loaded = load_config(sources);
  if (!loaded.problems.empty()) err << format_problems(loaded.problems);
  if (loaded.ok()) return std::move(loaded.config);
  err << summarize_problems(loaded.problems) << '\n';
  return std::nullopt;
}

void set_up_log(const Config& config) {
  log::Options options;
  options.level = config.log.level;
  options.format = config.log.format;
  log::set_up(std::move(options));
}

ExitCode fail(const Error& error, std::ostream& err) {
  err << "taskgate: " << error.message() << '\n';
  return ExitCode::failed;
}

ExitCode serve(const ConfigSources& sources, std::ostream& out, std::ostream& err) {
  const auto config = load(sources, err);
  if (!config) return ExitCode::usage;
  if (const auto exposure = check_exposure(*config); !exposure) {
    err << "taskgate: " << exposure.error().message() << '\n';
    return ExitCode::usage;
  }
  set_up_log(*config);
  return static_cast<ExitCode>(run_until_signal(*config, out));
}

struct Runner {
  std::ostream& out;
  std::ostream& err;

  ExitCode operator()(const ServeCommand& command) const {
    return serve(command.sources, out, err);
  }

  ExitCode operator()(const DevCommand& command) const {
    err << "taskgate dev: open to every program on this machine (no keys). Models: sim/…, and "
           "those "
           "of every provider whose key stands in the environment, which cost money. Not for "
           "production: use `taskgate serve`.\n";
    return serve(command.sources, out, err);
  }

  ExitCode operator()(const KeysCreateCommand& command) const {
    const auto config = load(command.sources, err);
    if (!config) return ExitCode::usage;
    NewKey key;
    key.tenant = command.tenant;
    key.name = command.name;
    for (const auto& name : command.scopes) {
      if (const auto scope = api::parse_scope(name))
        key.scopes |= static_cast<api::ScopeSet>(*scope);
    }
    const auto created = create_key(config->database.path, key);
    if (!created) return fail(created.error(), err);
    if (command.as_environment) out << "export TASKGATE_KEY=";
    out << created.value() << '\n';
    err << "This key is shown once; only its hash is kept. To revoke it: taskgate keys revoke "
        << api::parse_key(created.value())->id << '\n';
    return ExitCode::ok;
  }

  ExitCode operator()(const KeysListCommand& command) const {
    const auto config = load(command.sources, err);
    if (!config) return ExitCode::usage;
    const auto keys = list_keys(config->database.path);
    if (!keys) return fail(keys.error(), err);
    for (const auto& key : keys.value()) print(key, command.json);
    return ExitCode::ok;
  }

  ExitCode operator()(const KeysRevokeCommand& command) const {
    const auto config = load(command.sources, err);
    if (!config) return ExitCode::usage;
    const auto revoked = revoke_key(config->database.path, command.key_id);
    if (!revoked) return fail(revoked.error(), err);
    err << "revoked " << command.key_id << '\n';
    return ExitCode::ok;
  }

  ExitCode operator()(const WebhooksSecretCommand& command) const {
    const auto config = load(command.sources, err);
    if (!config) return ExitCode::usage;
    const auto secrets = webhook_secrets(config->database.path, command.tenant);
    if (!secrets) return fail(secrets.error(), err);
    for (const auto& secret : secrets.value()) out << secret << '\n';
    return ExitCode::ok;
  }

  // The others are run_offline's.
  template <class Other>
  ExitCode operator()(const Other&) const {
    err << "taskgate: internal error: this command needs no server\n";
    return ExitCode::failed;
  }

 private:
  void print(const store::ApiKey& key, bool json) const {
    std::string scopes;
    for (const auto name : api::scope_names(key.scopes)) {
      if (!scopes.empty()) scopes += ',';
      scopes += name;
    }
    const std::string state = key.revoked_at ? "revoked" : "active";
    if (!json) {
      out << key.id << "  " << key.tenant << "  " << scopes << "  " << to_rfc3339(key.created_at)
          << "  " << state << "  " << key.name << '\n';
      return;
    }
    std::string line = "{";
    const std::pair<const char*, std::string> fields[] = {
        {"id", key.id},
        {"tenant", key.tenant},
        {"name", key.name},
        {"scopes", scopes},
        {"created_at", to_rfc3339(key.created_at)},
        {"state", state}};
    for (const auto& [name, value] : fields) {
      append_json_key(line, name);
      append_json_string(line, value);
    }
    out << line << "}\n";
  }
};

}  // namespace

ExitCode run_command(const Command& command, std::ostream& out, std::ostream& err) {
  // Whatever is created from here on holds prompts, answers and secrets: for this user alone.
  ::umask(S_IRWXG | S_IRWXO);
  return std::visit(Runner{out, err}, command);
}

}  // namespace taskgate::app

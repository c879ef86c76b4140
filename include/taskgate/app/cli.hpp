#pragma once
// The command line: arguments to a Command, help, and the commands that need neither server nor
// database. Who runs the others is the composition root's business.

#include "taskgate/app/config_loader.hpp"

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace taskgate::app {

/// What a command's exit says; `taskgate help` lists them.
enum class ExitCode {
  ok = 0,
  failed = 1,        ///< the command could not do its work
  usage = 2,         ///< the command line or the configuration is wrong
  interrupted = 130  ///< SIGINT, SIGTERM a second time
};

/// taskgate serve [--config FILE] [--listen HOST:PORT] …
struct ServeCommand {
  ConfigSources sources;  ///< purpose serve; ready for load_config()
};

/// taskgate dev [--listen HOST:PORT] [--db FILE]: loopback, open, simulator.
struct DevCommand {
  ConfigSources sources;  ///< purpose dev
};

/// taskgate check [--config FILE] [--json]
struct CheckCommand {
  ConfigSources sources;
  bool json = false;
};

/// taskgate config print [--config FILE] [--sources] [--defaults]
struct ConfigPrintCommand {
  ConfigSources sources;
  bool with_sources = false;
  bool defaults = false;  ///< the defaults alone: neither file nor environment is read
};
struct ConfigSchemaCommand {};     ///< taskgate config schema
struct ConfigReferenceCommand {};  ///< taskgate config reference

/// taskgate keys create --tenant T --scopes read,submit [--name N] [--db FILE] [--env]
struct KeysCreateCommand {
  ConfigSources sources;  ///< for the database's path
  std::string tenant;
  std::vector<std::string> scopes;  ///< of read, submit, operate, admin; at least one, none twice
  std::string name;                 ///< for people; may be empty
  bool as_environment = false;      ///< print `export TASKGATE_KEY=…` instead of the key alone
};
/// taskgate keys list [--db FILE] [--json]
struct KeysListCommand {
  ConfigSources sources;
  bool json = false;
};
/// taskgate keys revoke KEY_ID [--db FILE]
struct KeysRevokeCommand {
  ConfigSources sources;
  std::string key_id;
};
/// taskgate webhooks secret --tenant T [--db FILE]
struct WebhooksSecretCommand {
  ConfigSources sources;
  std::string tenant;
};

/// taskgate version [--json], taskgate --version
struct VersionCommand {
  bool json = false;
};
/// taskgate help [COMMAND], taskgate COMMAND --help
struct HelpCommand {
  std::string topic;  ///< "keys create"; empty: all
};

using Command = std::variant<ServeCommand,
                             DevCommand,
                             CheckCommand,
                             ConfigPrintCommand,
                             ConfigSchemaCommand,
                             ConfigReferenceCommand,
                             KeysCreateCommand,
                             KeysListCommand,
                             KeysRevokeCommand,
                             WebhooksSecretCommand,
                             VersionCommand,
                             HelpCommand>;

/// Why a command line was not understood; for stderr, exit code 2.
struct UsageError {
  std::string message;  ///< e.g. `unknown flag "--confg" — did you mean "--config"?`
  std::string topic;    ///< whose help to look at: "serve"; may be empty
};

using ParsedCommandLine = std::variant<Command, UsageError>;

/// `arguments` without the program's name. `environment` goes into every ConfigSources;
/// TASKGATE_CONFIG names the file where no --config does.
ParsedCommandLine parse_command_line(const std::vector<std::string>& arguments,
                                     std::map<std::string, std::string> environment);

/// The text of `taskgate help TOPIC`; an unknown topic gives the overview.
std::string help_text(const std::string& topic);

/// "taskgate: MESSAGE" and where to find help, for stderr.
std::string format_usage_error(const UsageError& error);

/// Runs check, config, version and help: data to `out`, messages to `err`. nullopt for the commands
/// that need a server or a database.
std::optional<ExitCode> run_offline(const Command& command, std::ostream& out, std::ostream& err);

}  // namespace taskgate::app

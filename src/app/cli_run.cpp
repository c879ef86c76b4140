// The commands that need neither server nor database.

#include "taskgate/app/cli.hpp"

#include <boost/version.hpp>

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include <ostream>

namespace taskgate::app {
namespace {

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100'000) + "." +
         std::to_string(BOOST_VERSION / 100 % 1000) + "." + std::to_string(BOOST_VERSION % 100);
}

ExitCode run(const VersionCommand& command, std::ostream& out, std::ostream&) {
  const std::string openssl = OpenSSL_version(OPENSSL_VERSION_STRING);
  if (command.json) {
    const nlohmann::ordered_json version = {{"taskgate", TASKGATE_VERSION},
                                            {"boost", boost_version()},
                                            {"sqlite", sqlite3_libversion()},
                                            {"openssl", openssl}};
    out << version.dump() << '\n';
  } else {
    out << "taskgate " << TASKGATE_VERSION << " (Boost " << boost_version() << ", SQLite "
        << sqlite3_libversion() << ", OpenSSL " << openssl << ")\n";
  }
  return ExitCode::ok;
}

ExitCode run(const HelpCommand& command, std::ostream& out, std::ostream&) {
  out << help_text(command.topic);
  return ExitCode::ok;
}

void describe_tool(const std::string& name,
                   const ToolConfig& tool,
                   std::string_view url,
                   std::ostream& err) {
  err << "tool " << name << " (" << tools::to_string(tool.definition.effect) << "): ";
  // A query may hold a secret.
  err << (tool.enabled ? url.substr(0, url.find('?')) : "off (enabled is false)") << '\n';
}

void describe_tools(const Config& config, std::ostream& err) {
  for (const auto& [name, tool] : config.tools) describe_tool(name, tool, tool.http.url, err);
  for (const auto& [server_name, server] : config.mcp_servers) {
    if (!server.enabled) err << "MCP server " << server_name << ": off (enabled is false)\n";
    if (!server.enabled) continue;
    for (const auto& [remote_name, tool] : server.tools)
      describe_tool(tool.definition.name, tool, server.url, err);
  }
}

// What serve would do, in one line each: for people, so on stderr.
void describe(const LoadedConfig& loaded, std::ostream& err) {
  const Config& config = loaded.config;
  const bool tls = !config.server.tls.certificate_file.empty();
  err << "listen on " << (tls ? "https://" : "http://") << to_string(config.server.listen)
      << ", auth " << to_string(config.auth.mode) << ", database " << config.database.path << '\n';
  for (const auto& [name, provider] : config.providers) {
    err << "provider " << name << ": ";
    if (provider.enabled) {
      err << provider.base_url << '\n';
    } else {
      err << "off (" << (provider.api_key.empty() ? "its api_key is empty" : "enabled is false")
          << ")\n";
    }
  }
  describe_tools(config, err);
}

ExitCode run(const CheckCommand& command, std::ostream& out, std::ostream& err) {
  const LoadedConfig loaded = load_config(command.sources);
  if (command.json) {
    out << problems_json(loaded.problems) << '\n';
  } else {
    err << format_problems(loaded.problems);
    if (loaded.ok()) describe(loaded, err);
    if (loaded.problems.empty()) {
      out << "configuration ok\n";
    } else {
      err << summarize_problems(loaded.problems) << '\n';
    }
  }
  return loaded.ok() ? ExitCode::ok : ExitCode::usage;
}

ExitCode run(const ConfigPrintCommand& command, std::ostream& out, std::ostream& err) {
  LoadedConfig loaded;
  if (!command.defaults) loaded = load_config(command.sources);
  if (!loaded.problems.empty())
    err << format_problems(loaded.problems) << summarize_problems(loaded.problems) << '\n';
  if (!loaded.ok()) return ExitCode::usage;
  if (command.with_sources) {
    out << print_config_sources(loaded);
  } else {
    out << print_config(loaded.config) << '\n';
  }
  return ExitCode::ok;
}

ExitCode run(const ConfigSchemaCommand&, std::ostream& out, std::ostream&) {
  out << config_schema();
  return ExitCode::ok;
}

ExitCode run(const ConfigReferenceCommand&, std::ostream& out, std::ostream&) {
  out << config_reference();
  return ExitCode::ok;
}

}  // namespace

std::optional<ExitCode> run_offline(const Command& command, std::ostream& out, std::ostream& err) {
  return std::visit(
      [&](const auto& chosen) -> std::optional<ExitCode> {
        if constexpr (requires { run(chosen, out, err); }) {
          return run(chosen, out, err);
        } else {
          return std::nullopt;
        }
      },
      command);
}

}  // namespace taskgate::app

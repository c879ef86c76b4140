#pragma once
// From file, environment and flags to a Config, with every fault found and placed. Precedence:
// default < file < environment < flag.

#include "taskgate/app/config.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::app {

enum class Severity { error, warning };

/// One thing that is wrong with the configuration.
struct ConfigProblem {
  Severity severity = Severity::error;
  std::string source;      ///< file name, "environment TASKGATE_…", "flag --listen" or "defaults"
  std::size_t line = 0;    ///< from 1; 0: not in a file
  std::size_t column = 0;  ///< from 1, in characters
  std::string pointer;     ///< JSON pointer of the setting; empty: the document
  std::string message;     ///< "expected …, got …"; never holds a secret
  std::string hint;        ///< may be empty
  std::string source_line;  ///< as in the file, secrets blotted out
  std::size_t length = 1;   ///< characters to underline
};

/// A setting given on the command line.
struct SettingOverride {
  std::string pointer;  ///< "/server/listen"
  std::string text;
  std::string flag;  ///< "--listen"
};

/// What the configuration is for: `dev` changes defaults (open, on loopback) and permits what only
/// tests may have.
enum class ConfigPurpose { serve, dev };

struct ConfigSources {
  ConfigPurpose purpose = ConfigPurpose::serve;
  std::optional<std::string> file;                 ///< absent: defaults, environment and flags
  std::map<std::string, std::string> environment;  ///< the whole environment
  std::vector<SettingOverride> flags;
  /// The operator said `--allow-loopback-for-tests` on the command line of `serve`.
  bool allow_loopback_for_tests = false;
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigProblem> problems;  ///< in order of place; empty or warnings alone: usable
  std::map<std::string, std::string>
      origins;  ///< pointer → where its value came from; else default
  bool ok() const;
};

/// Reads and checks everything; never throws for what a user may have written.
LoadedConfig load_config(const ConfigSources& sources);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

/// gcc-style, one paragraph per problem:
///   config/taskgate.json:9:12: error: /server/threads: expected …, got …
///       9 |     "threads": "two",
///         |                ^~~~~  hint: …
std::string format_problems(const std::vector<ConfigProblem>& problems);
/// "3 problems (2 errors, 1 warning). Nothing was changed."
std::string summarize_problems(const std::vector<ConfigProblem>& problems);
/// {"ok":…,"problems":[…]}, for `check --json`.
std::string problems_json(const std::vector<ConfigProblem>& problems);

/// The whole configuration as JSON, secrets masked.
std::string print_config(const Config& config);
/// One line per setting with where its value came from, secrets masked.
std::string print_config_sources(const LoadedConfig& loaded);
/// config/taskgate.schema.json: JSON Schema 2020-12, made from the table of settings.
std::string config_schema();
/// docs/config.md, made from the table of settings.
std::string config_reference();

}  // namespace taskgate::app

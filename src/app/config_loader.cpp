#include "taskgate/app/config_loader.hpp"

#include "app/config_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <tuple>

namespace taskgate::app {

bool LoadedConfig::ok() const {
  return std::none_of(problems.begin(), problems.end(), [](const ConfigProblem& problem) {
    return problem.severity == Severity::error;
  });
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return environment;
}

LoadedConfig load_config(const ConfigSources& sources) {
  ConfigReader reader(sources);
  if (sources.purpose == ConfigPurpose::dev) {
    reader.loaded().config.auth.mode = AuthMode::open;
    reader.loaded().config.engine.demo_tools = true;
  }
  if (sources.file) reader.read_file(*sources.file);
  reader.read_environment();
  reader.read_flags();
  detect_providers(reader.loaded(), sources.environment);
  detect_proxy(reader.loaded(), sources.environment);
  check_config(reader, sources);
  LoadedConfig loaded = reader.take();
  // The file's problems by their place, then the others in the order they were found.
  std::stable_sort(loaded.problems.begin(), loaded.problems.end(),
                   [](const ConfigProblem& a, const ConfigProblem& b) {
                     return std::tuple(a.line == 0, a.line, a.column) <
                            std::tuple(b.line == 0, b.line, b.column);
                   });
  return loaded;
}

}  // namespace taskgate::app

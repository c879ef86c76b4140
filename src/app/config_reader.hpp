#pragma once
// Puts settings from a file, the environment and flags into a Config, and notes what is wrong with
// each. The steps of load_config(), in their order.

#include "app/json_document.hpp"
#include "app/settings.hpp"
#include "taskgate/app/config_loader.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace taskgate::app {

class ConfigReader {
 public:
  explicit ConfigReader(const ConfigSources& sources) : sources_(sources) {}

  void read_file(const std::string& name);
  void read_environment();
  void read_flags();
  /// Notes a problem where the setting's value came from.
  void complain(const std::string& pointer,
                std::string message,
                std::string hint,
                Severity severity = Severity::error);

  /// The same within a setting that is JSON itself: at `pointer` + `below`, if that is in the file.
  void complain_within(const std::string& pointer, const std::string& below, std::string message);

  LoadedConfig take() { return std::move(loaded_); }
  LoadedConfig& loaded() { return loaded_; }

 private:
  void read_text();
  void expand_texts(nlohmann::json& value, const std::string& pointer);
  void read_section(const nlohmann::json& object,
                    const std::string& pointer,
                    const std::string& path);
  void read_providers(const nlohmann::json& value);
  void read_provider(const std::string& name,
                     const nlohmann::json& object,
                     const std::string& pointer);
  /// `tools`, `mcp_servers` and `prices` (config_reader_tools.cpp).
  void read_named(const std::string& section, const nlohmann::json& value);
  void read_tool(const std::string& name, const nlohmann::json& object, const std::string& pointer);
  void read_mcp_server(const std::string& name,
                       const nlohmann::json& object,
                       const std::string& pointer);
  /// Where an object of settings stands: its pointer, its path within the table, and a key of it
  /// that is read elsewhere.
  struct Place {
    std::string pointer;
    std::string path;
    std::string except{};
  };
  template <class Owner>
  void read_settings(Owner& owner,
                     std::span<const Setting<Owner>> settings,
                     const nlohmann::json& object,
                     const Place& place);
  void read_variable(const std::string& name, const std::string& text);
  bool set_by_path(const std::string& path, const std::string& text, const std::string& origin);
  template <class Owner>
  void put(Owner& owner,
           const Setting<Owner>& setting,
           const nlohmann::json& value,
           const std::string& pointer,
           const std::string& origin);
  void complain_at(Span span,
                   const std::string& pointer,
                   std::string message,
                   std::string hint,
                   Severity severity = Severity::error);
  std::string masked_line(const LineColumn& place) const;

  const ConfigSources& sources_;
  LoadedConfig loaded_;
  std::string file_;  ///< name, as given
  std::string text_;  ///< its content
  JsonDocument document_;
  std::set<std::string> spoilt_;  ///< pointers of values complained of
};

/// Adds the providers that the vendors' own environment variables call for (OPENAI_API_KEY,
/// ANTHROPIC_API_KEY, GEMINI_API_KEY, OLLAMA_HOST), where the configuration names none of that
/// name.
void detect_providers(LoadedConfig& loaded, const std::map<std::string, std::string>& environment);

/// Takes HTTPS_PROXY, HTTP_PROXY and NO_PROXY (lower case first, as other programs do) for what the
/// configuration leaves empty.
void detect_proxy(LoadedConfig& loaded, const std::map<std::string, std::string>& environment);

/// The same for tools, MCP servers and prices.
void check_tools(ConfigReader& reader);

/// What only the whole can show: values that do not go together, files that are not there.
void check_config(ConfigReader& reader, const ConfigSources& sources);

}  // namespace taskgate::app

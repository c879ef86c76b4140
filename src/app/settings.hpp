#pragma once
// The table of settings: name, place in Config, bounds and meaning of each. Reading, checking,
// printing, the environment's names, the JSON Schema and docs/config.md all follow it, so that they
// cannot disagree.

#include "taskgate/app/config.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace taskgate::app {

using HeaderMap = std::map<std::string, std::string>;

/// How to reach the value inside its owner (Config, one ProviderConfig, one ToolConfig …).
template <class Owner, class T>
using Reach = T& (*)(Owner&);

/// A value out of a closed list.
template <class Owner>
struct Choice {
  std::span<const std::string_view> names;
  const char* (*get)(const Owner&);
  void (*set)(Owner&, std::string_view);  ///< called with one of `names` only
};

template <class Owner>
using Binding = std::variant<Reach<Owner, bool>,
                             Reach<Owner, int>,
                             Reach<Owner, std::size_t>,
                             Reach<Owner, std::chrono::milliseconds>,
                             Reach<Owner, std::chrono::seconds>,
                             Reach<Owner, std::string>,
                             Reach<Owner, ListenAddress>,
                             Reach<Owner, std::vector<std::uint16_t>>,
                             Reach<Owner, std::vector<std::string>>,
                             Reach<Owner, std::vector<int>>,
                             Reach<Owner, double>,
                             Reach<Owner, JsonText>,
                             Reach<Owner, HeaderMap>,
                             Choice<Owner>>;

template <class Owner>
struct Setting {
  std::string_view path;  ///< "server/limits/max_body_bytes"; of a provider: "base_url"; of a tool:
                          ///< "http/url"
  Binding<Owner> binding;
  std::int64_t minimum = 0;  ///< of numbers
  std::int64_t maximum = 0;
  std::string_view meaning;  ///< one sentence, unit included
  bool secret = false;
};

std::span<const Setting<Config>> config_settings();
std::span<const Setting<ProviderConfig>> provider_settings();
std::span<const Setting<ToolConfig>> tool_settings();
/// Of a tool of an MCP server.
std::span<const Setting<ToolConfig>> mcp_tool_settings();
std::span<const Setting<McpServerConfig>> mcp_server_settings();
std::span<const Setting<PriceConfig>> price_settings();

/// Why a value was not taken.
struct Complaint {
  std::string message;  ///< "expected …, got …"
  std::string hint;
  std::string
      below{};  ///< JSON pointer of the element to blame, within the value; empty: all of it
};

/// Sets the value from JSON. A complaint leaves the owner as it was.
template <class Owner>
std::optional<Complaint> assign(Owner& owner,
                                const Setting<Owner>& setting,
                                const nlohmann::json& value);

/// What the text of an environment variable or a flag means for that setting: a number, a boolean,
/// a list split at commas, else the text. Text that does not fit comes back as text.
template <class Owner>
nlohmann::json from_text(const Setting<Owner>& setting, const std::string& text);

/// The value as it would stand in the file; secrets masked. (By value: Reach needs what it may
/// write.)
template <class Owner>
nlohmann::ordered_json show(Owner owner, const Setting<Owner>& setting);

/// {"type":…, bounds, "enum"…} for the JSON Schema.
template <class Owner>
nlohmann::ordered_json schema_of(const Setting<Owner>& setting);

/// For docs: "integer 1..64", "true or false", "`text`, `json` or `logfmt`" …
template <class Owner>
std::string describe_type(const Setting<Owner>& setting);

/// The environment's name for a setting: "TASKGATE_SERVER__LISTEN".
std::string environment_name(std::string_view path);

/// reach<Config, &Config::server, &ServerConfig::threads> is a function from a Config to its
/// threads.
template <class Owner, auto... Members>
auto& reach(Owner& owner) {
  return (owner.*....*Members);
}

/// "host:port", "[v6]:port"; nullopt for anything else. The host may not be empty.
std::optional<ListenAddress> parse_listen(std::string_view text);

}  // namespace taskgate::app

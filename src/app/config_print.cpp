// The configuration, its schema and its reference page: three views of the table of settings.

#include "app/json_document.hpp"
#include "app/settings.hpp"
#include "taskgate/app/config_loader.hpp"

#include <algorithm>

namespace taskgate::app {
namespace {

using nlohmann::ordered_json;

// The place of "a/b/c" within nested objects, made on the way.
ordered_json& place_in(ordered_json& root, std::string_view path) {
  ordered_json* node = &root;
  for (std::size_t begin = 0;;) {
    const auto slash = path.find('/', begin);
    node = &(*node)[std::string(path.substr(begin, slash - begin))];
    if (slash == std::string_view::npos) return *node;
    begin = slash + 1;
  }
}

ordered_json object_schema() {
  return {
      {"type", "object"}, {"additionalProperties", false}, {"properties", ordered_json::object()}};
}

// The schema of "a/b/c" within nested object schemas, made on the way.
ordered_json& schema_place(ordered_json& root, std::string_view path) {
  ordered_json* node = &root;
  for (std::size_t begin = 0;;) {
    const auto slash = path.find('/', begin);
    ordered_json& child = (*node)["properties"][std::string(path.substr(begin, slash - begin))];
    if (slash == std::string_view::npos) return child;
    if (child.is_null()) child = object_schema();
    node = &child;
    begin = slash + 1;
  }
}

// Of an object of settings; those that must be given have no default.
template <class Owner>
ordered_json settings_schema(std::span<const Setting<Owner>> settings,
                             const std::vector<std::string_view>& required) {
  ordered_json schema = object_schema();
  for (const auto& setting : settings) {
    auto& property = schema_place(schema, setting.path);
    property = schema_of(setting);
    const bool is_required =
        std::find(required.begin(), required.end(), setting.path) != required.end();
    if (!setting.secret && !is_required) property["default"] = show(Owner{}, setting);
    const auto slash = setting.path.find('/');
    if (!is_required) continue;
    if (slash == std::string_view::npos) {
      schema["required"].push_back(setting.path);
    } else {
      const std::string parent(setting.path.substr(0, slash));
      schema["required"].push_back(parent);
      schema["properties"][parent]["required"].push_back(setting.path.substr(slash + 1));
    }
  }
  return schema;
}

ordered_json named_schema(std::string_view description,
                          std::string_view name_pattern,
                          ordered_json settings) {
  return {{"type", "object"},
          {"description", description},
          {"propertyNames", {{"pattern", name_pattern}}},
          {"additionalProperties", std::move(settings)}};
}

ordered_json mcp_server_schema() {
  ordered_json schema = settings_schema(mcp_server_settings(), {"url"});
  schema["properties"]["tools"] = {
      {"type", "object"},
      {"description", "The tools to offer, by the server's own names; no other is."},
      {"additionalProperties", settings_schema(mcp_tool_settings(), {})}};
  return schema;
}

template <class Owner>
ordered_json settings_json(const Owner& owner, std::span<const Setting<Owner>> settings) {
  ordered_json object = ordered_json::object();
  for (const auto& setting : settings) place_in(object, setting.path) = show(owner, setting);
  return object;
}

ordered_json as_json(const Config& config) {
  ordered_json root = ordered_json::object();
  for (const auto& setting : config_settings())
    place_in(root, setting.path) = show(config, setting);
  for (const char* section : {"providers", "tools", "mcp_servers", "prices"})
    root[section] = ordered_json::object();
  for (const auto& [name, provider] : config.providers)
    root["providers"][name] = settings_json(provider, provider_settings());
  for (const auto& [name, tool] : config.tools)
    root["tools"][name] = settings_json(tool, tool_settings());
  for (const auto& [name, server] : config.mcp_servers) {
    auto& object = root["mcp_servers"][name];
    object = settings_json(server, mcp_server_settings());
    object["tools"] = ordered_json::object();
    for (const auto& [remote_name, tool] : server.tools)
      object["tools"][remote_name] = settings_json(tool, mcp_tool_settings());
  }
  for (const auto& [name, price] : config.prices)
    root["prices"][name] = settings_json(price, price_settings());
  return root;
}

std::string origin_of(const LoadedConfig& loaded, const std::string& pointer) {
  const auto found = loaded.origins.find(pointer);
  return found == loaded.origins.end() ? "default" : found->second;
}

std::string heading_of(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

// `|` would end a table's cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}

template <class Owner>
std::string row(const Setting<Owner>& setting, const std::string& environment) {
  const std::string value = show(Owner{}, setting).dump();
  return "| `" + std::string(setting.path) + "` | " + cell(describe_type(setting)) + " | `" +
         value + "` | " + cell(std::string(setting.meaning)) + " |" +
         (environment.empty() ? "" : " `" + environment + "` |") + "\n";
}

template <class Owner>
std::string rows(std::span<const Setting<Owner>> settings) {
  std::string text = "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& setting : settings) text += row(setting, "");
  return text;
}

constexpr std::string_view kTableHead =
    "| key | type | default | meaning | environment |\n|---|---|---|---|---|\n";

constexpr std::string_view kReferenceHead =
    R"(# Configuration

<!-- Made by `taskgate config reference`; a test keeps it equal to the program's own table. -->

A setting comes from the first of these that gives it: a flag, the environment, the file, the
default. `taskgate config print --sources` shows every value in force and where it came from;
`taskgate check` finds every fault of a file before a server sees it. Settings are read once, at
start.

- **File**: `--config FILE`, JSON with `//` and `/* */` comments ([config/taskgate.json](../config/taskgate.json)
  is a commented example that loads as it is, [config/taskgate.schema.json](../config/taskgate.schema.json)
  its JSON Schema). Unknown keys are errors.
- **Environment**: the name in the last column. Lists are separated by commas. A name with `__` that
  no setting has is an error.
- **`${NAME}`** inside a text value of the file becomes that variable's value, `${NAME:-default}` has
  a default for when it is unset or empty, `$$` is one `$`. It happens after parsing, inside text
  only. An unset variable without a default is an error.

Without a file, the vendors' own variables switch providers on: `OPENAI_API_KEY` (and
`OPENAI_BASE_URL`), `ANTHROPIC_API_KEY` (and `ANTHROPIC_BASE_URL`), `GEMINI_API_KEY` or
`GOOGLE_API_KEY` (and `GOOGLE_GEMINI_BASE_URL`), `OLLAMA_HOST`. Anthropic and Gemini are spoken to in
their own protocols, the others as `openai_chat`. A provider of that name in the file wins. `HTTPS_PROXY`,
`HTTP_PROXY` and `NO_PROXY` (in small letters too) are taken for what `proxy` leaves out.
)";

constexpr std::string_view kProvidersHead =
    R"(
## providers

An object from the provider's name, the prefix of a model's name (`openai/…`), to its settings. A
name is 1 to 32 of `a-z`, `0-9`, `-` and `_` and begins with a letter; `sim` is the built-in
simulator's. In the environment's name, `NAME` stands for the provider's name in capitals.

)";

constexpr std::string_view kToolsHead =
    R"(
## tools

An object from the tool's name to its settings; from the file alone. [tools.md](tools.md) says what
they mean together. A name is up to 64 of `a-z`, `0-9`, `_` and `-`, begins with a letter, and may
have parts joined by dots (models see `_` for a dot).

)";

constexpr std::string_view kMcpHead =
    R"(
## mcp_servers

An object from the server's name to its settings; from the file alone.

)";

constexpr std::string_view kMcpToolsHead =
    R"(
Its `tools` are an object from the server's own name of a tool to what is declared of it here. No
other tool of the server is offered.

)";

constexpr std::string_view kPricesHead =
    R"(
## prices

An object from a model's name (`openai/gpt-4.1`; a `*` at the end stands for any rest, the longest
entry that fits counts) to what it costs; from the file alone. It is what `cost_usd` and a budget in
dollars are reckoned with; a model without a price has no `cost_usd`.

)";

// Every value of a table's object under its pointer.
template <class Owner, class Add>
void add_sources(const std::string& pointer,
                 const Owner& owner,
                 std::span<const Setting<Owner>> settings,
                 const Add& add) {
  for (const auto& setting : settings)
    add(pointer + "/" + std::string(setting.path), show(owner, setting));
}

}  // namespace

std::string print_config(const Config& config) {
  return as_json(config).dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string print_config_sources(const LoadedConfig& loaded) {
  std::string text;
  const auto add = [&](const std::string& pointer, const ordered_json& value) {
    text += pointer + " = " + value.dump(-1, ' ', false, ordered_json::error_handler_t::replace) +
            "  (" + origin_of(loaded, pointer) + ")\n";
  };
  for (const auto& setting : config_settings())
    add("/" + std::string(setting.path), show(loaded.config, setting));
  const Config& config = loaded.config;
  for (const auto& [name, provider] : config.providers)
    add_sources("/providers/" + name, provider, provider_settings(), add);
  for (const auto& [name, tool] : config.tools)
    add_sources(pointer_child("/tools", name), tool, tool_settings(), add);
  for (const auto& [name, server] : config.mcp_servers) {
    const std::string root = pointer_child("/mcp_servers", name);
    add_sources(root, server, mcp_server_settings(), add);
    for (const auto& [remote_name, tool] : server.tools)
      add_sources(pointer_child(root + "/tools", remote_name), tool, mcp_tool_settings(), add);
  }
  for (const auto& [name, price] : config.prices)
    add_sources(pointer_child("/prices", name), price, price_settings(), add);
  return text;
}

std::string config_schema() {
  ordered_json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "taskgate configuration"}};
  root.update(object_schema());
  root["properties"]["$schema"] = {{"type", "string"}, {"description", "For editors; not read."}};
  for (const auto& setting : config_settings()) {
    auto& property = schema_place(root, setting.path);
    property = schema_of(setting);
    property["default"] = show(Config{}, setting);
  }
  auto& properties = root["properties"];
  properties["providers"] =
      named_schema("Upstreams, by the prefix of a model's name.", "^(?!sim$)[a-z][a-z0-9_-]{0,31}$",
                   settings_schema(provider_settings(), {"base_url"}));
  properties["tools"] =
      named_schema("Tools over HTTP, by their names.", "^[a-z][a-z0-9_-]*(\\.[a-z][a-z0-9_-]*)*$",
                   settings_schema(tool_settings(), {"parameters", "http/url"}));
  properties["mcp_servers"] = named_schema("MCP servers whose tools may be offered.",
                                           "^[a-z][a-z0-9_-]{0,31}$", mcp_server_schema());
  properties["prices"] = named_schema("What models cost, by their names.", "^[^/]+/.+$",
                                      settings_schema(price_settings(), {}));
  return root.dump(2) + "\n";
}

std::string config_reference() {
  std::string text(kReferenceHead);
  std::string section = "-";
  for (const auto& setting : config_settings()) {
    const std::string heading = heading_of(setting.path);
    if (heading != section) {
      text += "\n## " + (heading.empty() ? std::string("shutdown") : heading) + "\n\n";
      text += kTableHead;
      section = heading;
    }
    text += row(setting, environment_name(setting.path));
  }
  text += kProvidersHead;
  text += kTableHead;
  for (const auto& setting : provider_settings())
    text += row(setting,
                environment_name("providers") + "__NAME__" +
                    environment_name(setting.path).substr(std::string_view("TASKGATE_").size()));
  text.append(kToolsHead).append(rows(tool_settings()));
  text.append(kMcpHead).append(rows(mcp_server_settings()));
  text.append(kMcpToolsHead).append(rows(mcp_tool_settings()));
  text.append(kPricesHead).append(rows(price_settings()));
  return text;
}

}  // namespace taskgate::app

// The configuration, its schema and its reference page: three views of the table of settings.

#include "app/settings.hpp"
#include "taskgate/app/config_loader.hpp"

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

ordered_json provider_schema() {
  ordered_json schema = object_schema();
  for (const auto& setting : provider_settings()) {
    auto& property = schema["properties"][std::string(setting.path)];
    property = schema_of(setting);
    if (!setting.secret && setting.path != "base_url")
      property["default"] = show(ProviderConfig{}, setting);
  }
  schema["required"] = {"base_url"};
  return schema;
}

ordered_json as_json(const Config& config) {
  ordered_json root = ordered_json::object();
  for (const auto& setting : config_settings())
    place_in(root, setting.path) = show(config, setting);
  ordered_json& providers = root["providers"];
  providers = ordered_json::object();
  for (const auto& [name, provider] : config.providers) {
    for (const auto& setting : provider_settings())
      providers[name][std::string(setting.path)] = show(provider, setting);
  }
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
         value + "` | " + cell(std::string(setting.meaning)) + " | `" + environment + "` |\n";
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
  for (const auto& [name, provider] : loaded.config.providers) {
    for (const auto& setting : provider_settings())
      add("/providers/" + name + "/" + std::string(setting.path), show(provider, setting));
  }
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
  root["properties"]["providers"] = {
      {"type", "object"},
      {"description", "Upstreams, by the prefix of a model's name."},
      {"propertyNames", {{"pattern", "^(?!sim$)[a-z][a-z0-9_-]{0,31}$"}}},
      {"additionalProperties", provider_schema()}};
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
  return text;
}

}  // namespace taskgate::app

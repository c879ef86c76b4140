// Reading the tables of tools, MCP servers and prices. What their values mean together is
// config_checks_tools.cpp's.
#include "app/config_reader.hpp"

#include <algorithm>

namespace taskgate::app {
namespace {

using nlohmann::json;

bool is_server_name(std::string_view name) {
  return name.size() <= 32 && name.find('.') == std::string_view::npos && tools::is_tool_name(name);
}

bool is_model_name(std::string_view name) {
  const auto slash = name.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < name.size() &&
         name.size() <= 256 && std::min(name.find('*'), name.size() - 1) == name.size() - 1;
}

struct NamedSection {
  std::string_view section;
  bool (*is_name)(std::string_view);
  const char* refusal;
  const char* rule;
};

bool is_configured_tool_name(std::string_view name) {
  return tools::is_tool_name(name);
}

constexpr NamedSection kNamedSections[] = {
    {"tools", is_configured_tool_name, "a tool cannot have this name",
     "up to 64 of a-z, 0-9, _ and -, beginning with a letter; parts joined by dots"},
    {"mcp_servers", is_server_name, "an MCP server cannot have this name",
     "1 to 32 of a-z, 0-9, _ and -, beginning with a letter"},
    {"prices", is_model_name, "not the name of a model",
     "provider/model, e.g. \"openai/gpt-4.1\"; a * at the end stands for any rest"},
};

}  // namespace

void ConfigReader::read_named(const std::string& section, const json& value) {
  const std::string root = "/" + section;
  if (!value.is_object()) {
    complain_at(document_.values[root], root,
                std::string("expected object, got ") + value.type_name(), "name to settings");
    return;
  }
  const auto rules = std::find_if(std::begin(kNamedSections), std::end(kNamedSections),
                                  [&](const NamedSection& one) { return one.section == section; });
  for (const auto& [name, object] : value.items()) {
    const std::string pointer = pointer_child(root, name);
    if (!rules->is_name(name)) {
      complain_at(document_.keys[pointer], pointer, rules->refusal, rules->rule);
    }
    // Read all the same: its name must not hide what else is wrong with it.
    if (!object.is_object()) {
      complain_at(document_.values[pointer], pointer,
                  std::string("expected object, got ") + object.type_name(), "");
    } else if (section == "tools") {
      read_tool(name, object, pointer);
    } else if (section == "mcp_servers") {
      read_mcp_server(name, object, pointer);
    } else {
      read_settings(loaded_.config.prices[name], price_settings(), object, Place{pointer, ""});
    }
  }
}

void ConfigReader::read_tool(const std::string& name,
                             const json& object,
                             const std::string& pointer) {
  auto& tool = loaded_.config.tools[name];
  tool.definition.name = name;
  read_settings(tool, tool_settings(), object, Place{pointer, ""});
}

void ConfigReader::read_mcp_server(const std::string& name,
                                   const json& object,
                                   const std::string& pointer) {
  auto& server = loaded_.config.mcp_servers[name];
  read_settings(server, mcp_server_settings(), object, Place{pointer, "", "tools"});
  const auto found = object.find("tools");
  if (found == object.end()) return;
  const std::string root = pointer_child(pointer, "tools");
  if (!found->is_object()) {
    complain_at(document_.values[root], root,
                std::string("expected object, got ") + found->type_name(),
                "the server's name of a tool to its settings");
    return;
  }
  for (const auto& [remote_name, settings] : found->items()) {
    const std::string at = pointer_child(root, remote_name);
    if (!settings.is_object()) {
      complain_at(document_.values[at], at,
                  std::string("expected object, got ") + settings.type_name(), "{} will do");
      continue;
    }
    read_settings(server.tools[remote_name], mcp_tool_settings(), settings, Place{at, ""});
  }
}

}  // namespace taskgate::app

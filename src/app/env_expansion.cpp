#include "app/env_expansion.hpp"

namespace taskgate::app {
namespace {

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool good =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!good) return false;
  }
  return true;
}

Expansion broken(std::string fault, std::string hint) {
  return {{}, std::move(fault), std::move(hint)};
}

}  // namespace

Expansion expand_environment(std::string_view text,
                             const std::map<std::string, std::string>& environment) {
  Expansion result;
  for (std::size_t pos = 0; pos < text.size();) {
    const std::string_view rest = text.substr(pos);
    if (rest.starts_with("$$")) {
      result.text += '$';
      pos += 2;
      continue;
    }
    if (!rest.starts_with("${")) {
      result.text += text[pos++];
      continue;
    }
    const auto close = rest.find('}');
    if (close == std::string_view::npos)
      return broken("`${` without `}`", "write $$ for a dollar sign");
    const std::string_view inside = rest.substr(2, close - 2);
    const auto divider = inside.find(":-");
    const std::string name(inside.substr(0, divider));
    if (!is_variable_name(name))
      return broken("`${…}` holds no name of an environment variable",
                    "${NAME} or ${NAME:-default}; write $$ for a dollar sign");
    const auto found = environment.find(name);
    const bool has_default = divider != std::string_view::npos;
    if (found != environment.end() && (!has_default || !found->second.empty())) {
      result.text += found->second;
    } else if (has_default) {
      result.text += inside.substr(divider + 2);
    } else {
      return broken("environment variable " + name + " is not set",
                    "set it, or give a default: ${" + name + ":-…}");
    }
    pos += close + 1;
  }
  return result;
}

}  // namespace taskgate::app

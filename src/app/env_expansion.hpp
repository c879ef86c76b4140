#pragma once
// `${NAME}` in the text values of a configuration file: replaced after parsing, so that no value of
// the environment can change the file's structure.

#include <map>
#include <string>
#include <string_view>

namespace taskgate::app {

struct Expansion {
  std::string text;   ///< the result; of use only without a fault
  std::string fault;  ///< empty, or why not, e.g. "environment variable X is not set"
  std::string hint;
};

/// `${NAME}` becomes the variable's value, `${NAME:-default}` the default when the variable is
/// unset or empty, `$$` one `$`. A lone `$` stays. What was put in is not looked at again.
Expansion expand_environment(std::string_view text,
                             const std::map<std::string, std::string>& environment);

}  // namespace taskgate::app

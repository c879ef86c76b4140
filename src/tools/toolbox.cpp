#include "taskgate/tools/toolbox.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace taskgate::tools {

Toolbox::Toolbox(std::vector<std::unique_ptr<Tool>> tools) {
  for (auto& tool : tools) {
    std::string name = tool->name();
    const auto [place, is_new] = tools_.emplace(wire_name(name), std::move(tool));
    if (is_new) continue;
    throw std::invalid_argument("the tools \"" + place->second->name() + "\" and \"" + name +
                                "\" are the same to a model, which knows both as \"" +
                                place->first + "\"");
  }
}

Toolbox::~Toolbox() = default;

Tool* Toolbox::find(std::string_view name) const {
  const auto found = tools_.find(wire_name(name));
  if (found == tools_.end()) return nullptr;
  const bool is_its_name = found->second->name() == name || found->first == name;
  return is_its_name ? found->second.get() : nullptr;
}

std::vector<std::string> Toolbox::names() const {
  std::vector<std::string> all;
  for (const auto& [wire, tool] : tools_) all.push_back(tool->name());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace taskgate::tools

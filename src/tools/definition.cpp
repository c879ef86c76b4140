#include "taskgate/tools/definition.hpp"

#include <algorithm>

namespace taskgate::tools {
namespace {

constexpr std::size_t kMaxToolName = 64;  // OpenAI and Gemini; Anthropic takes 128

bool is_lower_letter(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

bool is_name_part(std::string_view part) noexcept {
  return !part.empty() && is_lower_letter(part.front()) &&
         std::all_of(part.begin(), part.end(), [](char c) {
           return is_lower_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

}  // namespace

const char* to_string(Effect effect) noexcept {
  return effect == Effect::read ? "read" : "write";
}

const char* to_string(UnknownPolicy policy) noexcept {
  switch (policy) {
    case UnknownPolicy::ask:
      return "ask";
    case UnknownPolicy::reconcile:
      return "reconcile";
    case UnknownPolicy::retry_same_key:
      return "retry_same_key";
  }
  return "ask";
}

const char* to_string(Repeat repeat) noexcept {
  switch (repeat) {
    case Repeat::collapse:
      return "collapse";
    case Repeat::allow:
      return "allow";
    case Repeat::reject:
      return "reject";
  }
  return "collapse";
}

const char* to_string(Approval approval) noexcept {
  return approval == Approval::required ? "required" : "none";
}

bool is_tool_name(std::string_view name) noexcept {
  if (name.size() > kMaxToolName) return false;
  while (true) {
    const auto dot = name.find('.');
    if (!is_name_part(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string wire_name(std::string_view name) {
  std::string wire(name);
  std::replace(wire.begin(), wire.end(), '.', '_');
  return wire;
}

}  // namespace taskgate::tools

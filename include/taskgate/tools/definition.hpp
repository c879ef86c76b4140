#pragma once
// What the operator declares of a tool: what it is for the model, and what may be done when a call
// of it fails. Values only.
//
// A tool for which nothing is declared is a write that nobody may repeat: the careful reading.

#include "taskgate/checks/schema.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::tools {

/// Whether a call changes anything.
enum class Effect {
  read,  ///< no: it may be sent again at any time
  write  ///< yes, or nobody knows
};
const char* to_string(Effect effect) noexcept;

/// What is done about a write of which nobody knows whether it happened.
enum class UnknownPolicy {
  ask,            ///< a person or program says so
  reconcile,      ///< the tool is asked by the call's key; what it does not know is asked for
  retry_same_key  ///< sent again: only where the downstream answers a key that it knows without
                  ///< executing again
};
const char* to_string(UnknownPolicy policy) noexcept;

/// What the same write means when a model asks for it again in one task.
enum class Repeat {
  collapse,  ///< the same intent: answered with what the first one gave
  allow,     ///< another intent: executed again, under another key
  reject     ///< a mistake: answered with an error that the model sees
};
const char* to_string(Repeat repeat) noexcept;

/// Whether somebody must agree before a call is sent.
enum class Approval { none, required };
const char* to_string(Approval approval) noexcept;

/// A tool as it was declared, complete with its defaults.
struct ToolDefinition {
  std::string name;         ///< [a-z][a-z0-9_-]*, parts joined by dots: "crm.lookup"
  std::string description;  ///< for the model; may be empty
  std::string parameters;   ///< JSON Schema text of the arguments; never empty
  /// Hash over all that makes a call what it is (kind, addresses, method, schema, effect): 12
  /// hexadecimal digits. Part of every call's key.
  std::string version;
  Effect effect = Effect::write;
  UnknownPolicy on_unknown = UnknownPolicy::ask;
  Repeat repeat = Repeat::collapse;
  Approval approval = Approval::none;
  std::vector<std::string>
      ignore_args;  ///< JSON pointers of arguments that do not make a call another
  std::string idempotency_header = "Idempotency-Key";
  /// How long the downstream remembers a key, from the first send. Past it `retry_same_key` could
  /// execute twice and becomes `ask`. Unset: for ever.
  std::optional<std::chrono::seconds> key_window;
  /// Statuses with which the downstream says that it has not executed.
  std::vector<int> not_executed_status{400, 401, 403, 404, 405, 413, 415, 422, 429};
  std::chrono::milliseconds timeout{10'000};  ///< of one call, connecting included
  std::size_t max_result_bytes = 256U << 10;  ///< of what the model sees; the rest is cut off
  int max_attempts = 3;  ///< sends of a read, and of a write's definite failures
};

/// A definition and its schema, compiled. Immutable; shared between whoever works with it, because
/// a tool of an MCP server may get another one while a call is under way.
struct ToolContract {
  ToolContract(ToolDefinition d, checks::CompiledSchema s)
      : definition(std::move(d)), arguments(std::move(s)) {}
  ToolDefinition definition;
  checks::CompiledSchema arguments;
};
using ContractPtr = std::shared_ptr<const ToolContract>;

/// Whether `name` is a tool's name: see ToolDefinition::name; at most 64 characters.
bool is_tool_name(std::string_view name) noexcept;

/// The name under which models know a tool. Providers take letters, digits, "_" and "-" alone
/// (OpenAI, Anthropic), so a dot becomes "_".
std::string wire_name(std::string_view name);

}  // namespace taskgate::tools

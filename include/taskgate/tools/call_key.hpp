#pragma once
// The name of an intent. A model that asks for the same thing again, with its arguments in another
// order, with 1.0 for 1, with a default written out, or under another call id, names the same
// intent; another amount is another one. Pure functions.

#include "taskgate/core/result.hpp"
#include "taskgate/tools/definition.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace taskgate::tools {

/// The arguments in the one form that is hashed: RFC 8785, after the schema's defaults are filled
/// in (only those that apply in any case: not out of anyOf, oneOf, if) and `ignore_args` taken out.
///
/// Integers beyond ±(2^53−1), which RFC 8785 would round, become strings of U+0001 and their
/// digits, however they are written (1e20, 100000000000000000000.0); a string that begins with
/// U+0001 gets another one in front, so that the two never meet.
///
/// `arguments` is JSON text. Errors: Errc::invalid_argument for text that is not JSON, names a
/// member twice, or has a number that no double holds (1e400); Errc::too_large for more than 10,000
/// objects and arrays under a schema with defaults.
Result<std::string> canonical_arguments(const ToolDefinition& definition,
                                        std::string_view arguments,
                                        const checks::CompiledSchema& schema);

/// What a call is within its task: SHA-256, in hexadecimal, of "tg1", tool, version, canonical
/// arguments and occurrence with NUL between them. `occurrence` counts the earlier distinct intents
/// of the same call in this task, from 0.
std::string call_site(std::string_view tool,
                      std::string_view version,
                      std::string_view canonical_arguments,
                      std::uint32_t occurrence);

/// The key that goes downstream: "tg_" and 40 characters of lower-case base32 (RFC 4648 §6) of
/// SHA-256(tenant NUL task NUL call_site).
std::string call_key(std::string_view tenant, std::string_view task_id, std::string_view call_site);

}  // namespace taskgate::tools

#pragma once
// The canonical form of a JSON text (RFC 8785, "JCS"): one spelling for everything that means the
// same, so that it can be hashed. Keys of tool calls are made of it: a model that reorders an
// object's members, writes 1.0 for 1 or changes the white space asks for the same call.

#include "taskgate/core/result.hpp"

#include <string>
#include <string_view>

namespace taskgate {

/// `json` in canonical form: no white space, members sorted by UTF-16 code units, numbers as
/// ECMAScript writes a double, strings with the shortest escapes.
///
/// One step beyond the RFC, which knows only what a double can hold: an integer of up to 64 bits
/// that no double equals keeps its digits, so that two such numbers never become one.
///
/// Errors: Errc::invalid_argument for text that is not JSON, that names a member twice in one
/// object, or that guard_json() refuses under its default limits. Pure; any thread.
Result<std::string> canonical_json(std::string_view json);

/// A finite double as ECMAScript's Number::toString writes it (ECMA-262 §6.1.6.1.20), which is what
/// RFC 8785 §3.2.2.3 asks for. Appends to `out`; not finite: appends null.
void append_ecmascript_number(std::string& out, double value);

}  // namespace taskgate

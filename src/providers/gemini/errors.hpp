#pragma once
// How Gemini says no (google.rpc.Status). Pure.

#include "providers/upstream_error.hpp"

#include <string_view>

namespace taskgate::providers {

/// {"error":{"code","message","status","details":[…]}}, alone or as the one element of an array.
/// RetryInfo becomes retry_after; a daily quota the type "daily_quota", one of zero "no_quota".
UpstreamError read_gemini_error(int status, std::string_view body);
/// docs/providers.md holds where each row comes from.
const ErrorTable& gemini_errors();

}  // namespace taskgate::providers

#pragma once
// How Anthropic says no, and the limits that it reports. Pure.

#include "providers/upstream_error.hpp"

#include <string_view>
#include <vector>

namespace taskgate::providers {

/// {"type":"error","error":{"type","message","details":{"error_code"}}}.
UpstreamError read_anthropic_error(int status, std::string_view body);
/// docs/providers.md holds where each row comes from.
const ErrorTable& anthropic_errors();
/// anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}.
std::vector<RateLimit> anthropic_rate_limits(const net::Headers& headers, TimePoint now);

}  // namespace taskgate::providers

#pragma once
// How OpenAI says no, and the many servers that imitate it: both of its protocols share this. Pure.

#include "providers/upstream_error.hpp"

#include <string_view>
#include <vector>

namespace taskgate::providers {

/// Understands {"error":{…}}, {"error":"…"}, {"message":…,"code":…}, {"detail":…}.
UpstreamError read_openai_error(int status, std::string_view body);
/// docs/providers.md holds where each row comes from.
const ErrorTable& openai_errors();
/// x-ratelimit-{limit,remaining,reset}-{requests,tokens}.
std::vector<RateLimit> openai_rate_limits(const net::Headers& headers, TimePoint now);

}  // namespace taskgate::providers

#pragma once
// What an exchange means for a call. Pure; the heart of "at most once": a write failed for certain
// only when nothing of it was sent, or when the downstream says with a declared status that it did
// not execute. Everything else is unknown, and nothing here guesses.

#include "taskgate/tools/tool.hpp"
#include "tools/exchange.hpp"

namespace taskgate::tools {

/// The outcome of a call that was one HTTP exchange.
ToolOutcome classify(const ToolDefinition& definition, Exchange exchange);

/// The outcome of a call that never came to an exchange: nothing was sent. Worth another try unless
/// the request itself was refused here (its URL, an address, a header field).
ToolOutcome not_sent(const Error& error);

/// The exchange that a call does not even begin, because may_send said no.
Exchange held_back_exchange();

/// Answers to a question for a key (HttpToolConfig::reconcile_url).
Reconciled classify_reconciled(const ToolDefinition& definition, Exchange exchange);

/// Retry-After in seconds (RFC 9110 §10.2.3), at most a day; its other form, a date, is not read.
std::optional<std::chrono::milliseconds> retry_after_of(const net::Headers& headers);

}  // namespace taskgate::tools

#pragma once
// From the stored request body to the turn that a provider is asked for. The body was validated
// when it was accepted; this reads it again, once an attempt, off the accepting threads.

#include "engine/answer/answer_request.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/providers/provider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

/// A stored body as the engine works with it.
struct ParsedBody {
  providers::ModelRequest turn;
  AnswerRequest answer;
};

/// Errors: Errc::internal when the stored body is not what admission lets in.
Result<ParsedBody> parse_request(std::string_view body);
/// The turn alone.
Result<providers::ModelRequest> build_model_request(std::string_view body);

/// `result_ttl_seconds` of a stored body; nullopt when it names none (or is not readable).
std::optional<std::int64_t> result_ttl_seconds(std::string_view body);

/// `fallback_models` of a stored body, in order; empty when it names none (or is not readable).
std::vector<std::string> fallback_models(std::string_view body);

/// Whether two bodies say the same: member order, white space and number spelling do not count.
bool same_request(std::string_view left, std::string_view right);

}  // namespace taskgate::engine

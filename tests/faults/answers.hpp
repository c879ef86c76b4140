#pragma once
// Streams of every protocol, piece by piece, for the scripts of faults.

#include "support/scripted_upstream.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace taskgate::test {

/// A whole answer in the protocol's own stream.
Reply answer_in(std::string_view protocol, std::string_view text);

/// `event: name`, `data: json`.
std::string named_event(std::string_view name, std::string_view json);
/// `data: json` alone.
std::string plain_event(std::string_view json);

// Anthropic Messages.
std::string anthropic_start();
std::string anthropic_text(std::string_view text);  ///< a whole content block
std::string anthropic_stop(std::string_view reason = "end_turn");
std::string anthropic_error(std::string_view type);  ///< the JSON alone

// Gemini.
std::string gemini_text(std::string_view text);
std::string gemini_end(std::string_view reason = "STOP");

// OpenAI Responses.
std::string responses_start();
std::string responses_text(std::string_view text);
std::string responses_end();

}  // namespace taskgate::test

#pragma once
// OpenAI's Responses protocol ("openai_responses"): a request's JSON; answers are decoder.hpp's.

#include "providers/codec.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

/// The request's body; what cannot be said is named in `ignored`. Nothing is stored upstream:
/// reasoning comes encrypted and goes back with the next turn.
std::string encode_responses_request(const ModelRequest& request,
                                     StructuredOutput structured_output,
                                     std::vector<std::string>& ignored);
/// Whether a model of OpenAI's thinks, by its name: it then has encrypted reasoning and refuses
/// temperature and top_p.
bool is_reasoning_model(std::string_view model) noexcept;

std::unique_ptr<Codec> make_openai_responses(const ProviderConfig& config);

}  // namespace taskgate::providers

#pragma once
// Log probabilities as both of OpenAI's protocols write them.

#include "taskgate/providers/provider.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace taskgate::providers {

/// Appends the elements of [{"token","logprob","bytes","top_logprobs"}]; what is no such array is
/// left out. Returns how many bytes were kept.
std::size_t append_openai_logprobs(std::vector<TokenLogprob>& out, std::string_view array);

}  // namespace taskgate::providers

#pragma once
// Anthropic's Messages protocol ("anthropic"): a request's JSON; answers are decoder.hpp's.

#include "providers/codec.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

/// What a model of Anthropic's takes, by its name.
struct ClaudeTraits {
  enum class Thinking { none, budget, adaptive };
  std::string_view prefix;
  int max_output_tokens;
  Thinking thinking;
  bool json_schema;  ///< output_config.format
  bool sampling;     ///< temperature and top_p
};
const ClaudeTraits& claude_traits(std::string_view model);

/// The request's body; what cannot be said is named in `ignored`.
std::string encode_anthropic_request(const ModelRequest& request,
                                     std::vector<std::string>& ignored);
/// The conversation as the protocol wants it: roles in turns, answers of tools beside each other.
nlohmann::json anthropic_messages(const ModelRequest& request);

std::unique_ptr<Codec> make_anthropic(const ProviderConfig& config);

}  // namespace taskgate::providers

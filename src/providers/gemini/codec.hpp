#pragma once
// The Gemini API's generateContent protocol ("gemini"): a request's JSON; answers are
// decoder.hpp's.

#include "providers/codec.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

/// The request's body; what cannot be said is named in `ignored`.
std::string encode_gemini_request(const ModelRequest& request, std::vector<std::string>& ignored);
/// "{base}/models/{model}:streamGenerateContent?alt=sse"; a name that has its collection already
/// ("tunedModels/x") keeps it. Everything else in the name is percent-encoded.
std::string gemini_url(std::string_view base_url, std::string_view model);

std::unique_ptr<Codec> make_gemini(const ProviderConfig& config);

}  // namespace taskgate::providers

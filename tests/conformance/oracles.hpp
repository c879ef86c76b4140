#pragma once
// One naive reader a protocol: the independent opinion that the decoders are held against.

#include "conformance/recorded.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace taskgate::test {

/// The data of every line that begins with "data:"; what is no JSON is null.
using Events = std::vector<nlohmann::json>;
Events read_events(const std::string& stream);
/// Arguments in one form whatever their white space; as they are when they are no JSON.
std::string canonical_arguments(const std::string& text);
std::string text_in(const nlohmann::json& object, const char* key);
std::int64_t count_in(const nlohmann::json& object, const char* key);

Answer chat_oracle(const Events& events);
Answer responses_oracle(const Events& events);
Answer anthropic_oracle(const Events& events);
Answer gemini_oracle(const Events& events);

}  // namespace taskgate::test

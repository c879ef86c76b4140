#pragma once
// The Chat Completions protocol ("openai_chat"): a request's JSON; answers are decoder.hpp's.

#include "providers/codec.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/providers/registry.hpp"

#include <memory>
#include <string>
#include <vector>

namespace taskgate::providers {

/// How one upstream's dialect differs where we write.
struct ChatDialect {
  StructuredOutput structured_output = StructuredOutput::json_schema;
  std::string token_limit_field = "max_tokens";
};
/// The dialect that the configuration and the host ask for.
ChatDialect dialect_of(const ProviderConfig& config);

/// The request's body. Bytes that are not UTF-8 become U+FFFD.
std::string encode_chat_request(const ModelRequest& request, const ChatDialect& dialect);

std::unique_ptr<Codec> make_openai_chat(const ProviderConfig& config);

}  // namespace taskgate::providers

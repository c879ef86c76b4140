#pragma once
// The configured upstreams, put together. Used by the composition root only; everybody else sees
// Registry and Provider.

#include "taskgate/core/clock.hpp"
#include "taskgate/core/secret.hpp"
#include "taskgate/net/http_client.hpp"
#include "taskgate/providers/provider.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::providers {

/// How an OpenAI-compatible upstream is asked for an answer that fits the task's output_schema.
enum class StructuredOutput {
  json_schema,  ///< response_format json_schema (OpenAI, vLLM, Ollama, Mistral, Groq …)
  json_object,  ///< response_format json_object (DeepSeek …): valid JSON, any shape
  none          ///< nothing is asked; the answer is still checked
};

/// One upstream.
struct ProviderConfig {
  std::string name;  ///< prefix of model names: [a-z0-9][a-z0-9_-]*, not "sim"
  std::string protocol = "openai_chat";
  std::string base_url;  ///< e.g. https://api.openai.com/v1; a query (api-version=…) is kept
  Secret api_key;        ///< empty: no Authorization field
  net::ClientTimeouts timeouts;
  std::vector<std::pair<std::string, std::string>> headers;  ///< sent with every request
  StructuredOutput structured_output = StructuredOutput::json_schema;
  /// JSON field that bounds the output; empty: max_completion_tokens for OpenAI and Azure hosts,
  /// max_tokens for every other.
  std::string token_limit_field;
};

/// The registry of these providers and of the simulator ("sim"). `client` and `clock` outlive it.
/// Throws std::invalid_argument, with a message for the operator, when a configuration is unusable.
std::unique_ptr<Registry> make_registry(std::vector<ProviderConfig> configs,
                                        net::HttpClient& client,
                                        const Clock& clock);

}  // namespace taskgate::providers

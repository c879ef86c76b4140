#pragma once
// A gateway whose providers are scripted OpenAI-compatible upstreams, and the replies that they
// give.

#include "support/scripted_upstream.hpp"
#include "support/test_gateway.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::test {

/// A whole streamed answer: the text, a finish reason, usage, [DONE].
Reply chat_answer(std::string_view text);
/// The same with another finish reason, and with a refusal instead of a text when `refusal` is set.
Reply chat_ending(std::string_view text,
                  std::string_view finish_reason,
                  std::string_view refusal = {});
/// The same with a token for each of `tokens` and its log probability.
Reply chat_tokens(const std::vector<std::pair<std::string, double>>& tokens);
/// One chunk of a stream with that text.
std::string chat_delta(std::string_view text);
/// An error as OpenAI writes it.
Reply chat_error(unsigned status, std::string_view type, std::string_view code = {});

/// One upstream per name, plain HTTP, and a gateway that knows them as providers.
class ChatUpstreams {
 public:
  explicit ChatUpstreams(const std::vector<std::string>& names, TestGateway::Change change = {});

  ScriptedUpstream& operator[](const std::string& name) { return *upstreams_.at(name); }
  TestGateway& gateway() { return *gateway_; }
  ApiClient client() const { return gateway_->client(); }

 private:
  std::map<std::string, std::unique_ptr<ScriptedUpstream>> upstreams_;
  std::unique_ptr<TestGateway> gateway_;
};

/// Submits; the task's id. Throws when it is not accepted.
std::string submit(ApiClient& client,
                   const std::string& model,
                   const nlohmann::json& more = nlohmann::json::object());

/// The entry of a model in GET /models; null when it is not listed.
nlohmann::json model_status(ApiClient& client, const std::string& model);

}  // namespace taskgate::test

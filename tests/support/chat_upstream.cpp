#include "support/chat_upstream.hpp"

#include <stdexcept>

namespace taskgate::test {

using Json = nlohmann::json;

namespace {

std::string data_line(const Json& body) {
  return "data: " + body.dump() + "\n\n";
}

std::string choice_line(const Json& choice) {
  return data_line({{"id", "c1"}, {"choices", Json::array({choice})}});
}

Reply ended(std::string answer, std::string_view finish_reason) {
  const Json last{{"index", 0}, {"delta", Json::object()}, {"finish_reason", finish_reason}};
  const Json usage{{"prompt_tokens", 3}, {"completion_tokens", 2}, {"total_tokens", 5}};
  return Reply::sse({std::move(answer), choice_line(last),
                     data_line({{"id", "c1"}, {"choices", Json::array()}, {"usage", usage}}),
                     "data: [DONE]\n\n"});
}

}  // namespace

std::string chat_delta(std::string_view text) {
  const Json choice{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", nullptr}};
  return data_line(
      {{"id", "c1"}, {"object", "chat.completion.chunk"}, {"choices", Json::array({choice})}});
}

Reply chat_answer(std::string_view text) {
  return chat_ending(text, "stop");
}

Reply chat_ending(std::string_view text, std::string_view finish_reason, std::string_view refusal) {
  std::string answer = chat_delta(text);
  if (!refusal.empty()) answer = choice_line({{"index", 0}, {"delta", {{"refusal", refusal}}}});
  return ended(std::move(answer), finish_reason);
}

Reply chat_tokens(const std::vector<std::pair<std::string, double>>& tokens) {
  std::string answer;
  for (const auto& [token, logprob] : tokens) {
    const Json said{{"token", token}, {"logprob", logprob}, {"top_logprobs", Json::array()}};
    answer += choice_line({{"index", 0},
                           {"delta", {{"content", token}}},
                           {"logprobs", {{"content", Json::array({said})}}}});
  }
  return ended(std::move(answer), "stop");
}

Reply chat_error(unsigned status, std::string_view type, std::string_view code) {
  Json error{{"message", "scripted"}, {"type", type}};
  if (!code.empty()) error["code"] = code;
  return Reply::json(status, Json{{"error", error}}.dump());
}

ChatUpstreams::ChatUpstreams(const std::vector<std::string>& names, TestGateway::Change change) {
  for (const auto& name : names) upstreams_.emplace(name, std::make_unique<ScriptedUpstream>());
  gateway_ = std::make_unique<TestGateway>([&](app::Config& config) {
    for (const auto& [name, upstream] : upstreams_) {
      app::ProviderConfig provider;
      provider.base_url = upstream->url() + "/v1";
      config.providers[name] = provider;
    }
    config.engine.retry.base = std::chrono::milliseconds{1};
    config.engine.retry.max = std::chrono::milliseconds{2};
    if (change) change(config);
  });
}

std::string submit(ApiClient& client, const std::string& model, const Json& more) {
  Json body{{"model", model}, {"input", "say hello"}};
  body.update(more);
  const auto reply = client.post("/tasks", body);
  if (reply.status != 202) throw std::runtime_error(reply.body);
  return reply.json()["id"].get<std::string>();
}

Json model_status(ApiClient& client, const std::string& model) {
  const auto list = client.get("/models").json();
  for (const auto& provider : list["data"]) {
    for (const auto& status : provider["list"]) {
      if (status["id"] == model) return status;
    }
  }
  return nullptr;
}

}  // namespace taskgate::test

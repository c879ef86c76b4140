#include "support/chat_upstream.hpp"

#include <stdexcept>

namespace taskgate::test {

using Json = nlohmann::json;

namespace {

std::string data_line(const Json& body) {
  return "data: " + body.dump() + "\n\n";
}

}  // namespace

std::string chat_delta(std::string_view text) {
  const Json choice{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", nullptr}};
  return data_line(
      {{"id", "c1"}, {"object", "chat.completion.chunk"}, {"choices", Json::array({choice})}});
}

Reply chat_answer(std::string_view text) {
  const Json last{{"index", 0}, {"delta", Json::object()}, {"finish_reason", "stop"}};
  const Json usage{{"prompt_tokens", 3}, {"completion_tokens", 2}, {"total_tokens", 5}};
  return Reply::sse({chat_delta(text), data_line({{"id", "c1"}, {"choices", Json::array({last})}}),
                     data_line({{"id", "c1"}, {"choices", Json::array()}, {"usage", usage}}),
                     "data: [DONE]\n\n"});
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

// For sdk_diff.mjs: takes lines "PROTOCOL BASE_URL" on stdin, makes one turn of each with the real
// client and codec, and prints the normalised turn as one line of JSON.
#include "support/recording_sink.hpp"
#include "support/run_awaitable.hpp"
#include "taskgate/providers/registry.hpp"

#include <boost/asio/thread_pool.hpp>

#include <nlohmann/json.hpp>

#include <iostream>
#include <sstream>
#include <string>

namespace {

using nlohmann::json;
using taskgate::providers::ModelTurn;
using taskgate::providers::TurnOutcome;
using taskgate::providers::Usage;

json usage_of(const Usage& usage) {
  return {{"input", usage.input_tokens},
          {"output", usage.output_tokens},
          {"cached", usage.cached_input_tokens},
          {"reasoning", usage.reasoning_tokens}};
}

json describe(const TurnOutcome& outcome, const taskgate::test::RecordingSink& sink) {
  if (const auto* failure = outcome.failure()) {
    return {{"failure", to_string(failure->failure_class)},
            {"message", failure->message},
            {"text", sink.text},
            {"usage", usage_of(failure->usage)}};
  }
  const ModelTurn& turn = *outcome.turn();
  json calls = json::array();
  for (const auto& call : turn.tool_calls) {
    calls.push_back({{"name", call.name}, {"arguments", call.arguments}});
  }
  return {{"text", turn.text},
          {"calls", std::move(calls)},
          {"finish", turn.raw_finish_reason},
          {"normalised", to_string(turn.finish_reason)},
          {"usage", usage_of(turn.usage)}};
}

taskgate::providers::ModelRequest question() {
  taskgate::providers::ModelRequest request;
  taskgate::providers::Message message;
  message.role = "user";
  message.content.emplace_back();
  message.content.back().text = "hi";
  request.messages.push_back(std::move(message));
  return request;
}

}  // namespace

int main() {
  boost::asio::io_context context(1);
  boost::asio::thread_pool sockets(1);  // after the context: joined before it goes
  taskgate::net::HttpClient client(sockets.get_executor(), {});
  const taskgate::SystemClock clock;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    taskgate::providers::ProviderConfig config;
    config.name = "recorded";
    if (!(words >> config.protocol >> config.base_url)) return 2;
    const auto registry = taskgate::providers::make_registry({config}, client, clock);
    const auto target = registry->find("recorded/model");
    taskgate::test::RecordingSink sink;
    auto turn = target->provider->stream(question(), sink);
    const TurnOutcome outcome = taskgate::test::run(context, std::move(turn));
    std::cout << describe(outcome, sink).dump(-1, ' ', false, json::error_handler_t::replace)
              << std::endl;
  }
  return 0;
}

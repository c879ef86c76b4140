// For mcp_server.mjs: takes tools from the MCP server at the URL that is its argument, and answers
// lines of JSON on stdin with lines of JSON, through the real client:
//   {"ready": "sdk.add"}                                       what the tool is
//   {"call": "sdk.add", "arguments": {…}, "key": "tg_1"}      what a call came to
#include "support/run_awaitable.hpp"
#include "taskgate/tools/make_toolbox.hpp"

#include <boost/asio/thread_pool.hpp>

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace {

using nlohmann::json;
using taskgate::tools::ContractPtr;
using taskgate::tools::Effect;
using taskgate::tools::McpServerConfig;
using taskgate::tools::McpToolConfig;
using taskgate::tools::Tool;
using taskgate::tools::ToolboxConfig;
using taskgate::tools::ToolCallRequest;

McpToolConfig offered(const std::string& name, Effect effect) {
  McpToolConfig tool;
  tool.remote_name = name;
  tool.definition.name = "sdk." + name;
  tool.definition.effect = effect;
  tool.definition.timeout = std::chrono::seconds(5);
  return tool;
}

ToolboxConfig configuration(const std::string& url) {
  McpServerConfig server;
  server.name = "sdk";
  server.url = url;
  server.allow_private = true;
  server.refresh = std::chrono::milliseconds(0);
  for (const char* name : {"add", "mislabelled", "gone"}) {
    server.tools.push_back(offered(name, Effect::read));
  }
  for (const char* name : {"send", "harmless", "failing", "throwing", "picture", "lost"}) {
    server.tools.push_back(offered(name, Effect::write));
  }
  ToolboxConfig config;
  config.mcp.push_back(std::move(server));
  return config;
}

json described(const taskgate::Result<ContractPtr>& contract) {
  if (!contract) return {{"error", contract.error().message()}};
  const auto& definition = (*contract)->definition;
  return {{"description", definition.description},
          {"parameters", json::parse(definition.parameters)},
          {"effect", to_string(definition.effect)},
          {"version", definition.version}};
}

json called(boost::asio::io_context& context, Tool& tool, const json& line) {
  const auto contract = taskgate::test::run(context, tool.ready());
  if (!contract) return {{"error", contract.error().message()}};
  const auto check = check_arguments(**contract, line.at("arguments").dump());
  if (!check.is_valid()) return {{"refused", check.message}};
  ToolCallRequest request;
  request.key = line.value("key", "");
  request.arguments = check.arguments;
  request.task_id = "task_1";
  request.contract = *contract;
  const auto outcome = taskgate::test::run(context, tool.call(std::move(request)));
  return {{"state", to_string(outcome.state)},
          {"result", outcome.result},
          {"is_error", outcome.is_error},
          {"retryable", outcome.retryable},
          {"evidence", outcome.evidence}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  boost::asio::io_context context(1);
  boost::asio::thread_pool sockets(1);  // after the context: joined before it goes
  taskgate::net::HttpClient client(sockets.get_executor(), {});
  const taskgate::SystemClock clock;
  const auto box = taskgate::tools::make_toolbox(configuration(argv[1]), client, clock);
  for (std::string text; std::getline(std::cin, text);) {
    const json line = json::parse(text);
    const bool asks = line.contains("ready");
    Tool& tool = *box->find(line.at(asks ? "ready" : "call").get<std::string>());
    json answer;
    if (asks) {
      answer = described(taskgate::test::run(context, tool.ready()));
    } else {
      answer = called(context, tool, line);
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}

#pragma once
// Tools against a scripted downstream on loopback.

#include "support/coro.hpp"
#include "support/scripted_upstream.hpp"
#include "taskgate/tools/make_toolbox.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace taskgate::tools {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Reply;
using test::ScriptedUpstream;
using State = ToolOutcome::State;

class ToolFixture : public testing::Test {
 protected:
  Toolbox& box() {
    if (!client_) client_ = std::make_unique<net::HttpClient>(sockets_.get_executor(), options_);
    if (!box_) box_ = make_toolbox(config_, *client_, clock_);
    return *box_;
  }
  ToolOutcome call(const std::string& name, std::string arguments = "{}") {
    ToolCallRequest request;
    request.key = "tg_key";
    request.arguments = std::move(arguments);
    request.task_id = "task_1";
    return test::run(context_, box().find(name)->call(std::move(request)));
  }
  // The same call, held back or let go by `may_send`.
  ToolOutcome call_if(const std::string& name,
                      std::function<bool()> may_send,
                      std::string arguments = "{}") {
    ToolCallRequest request;
    request.key = "tg_key";
    request.arguments = std::move(arguments);
    request.may_send = std::move(may_send);
    return test::run(context_, box().find(name)->call(std::move(request)));
  }
  Reconciled reconcile(const std::string& name, std::string key) {
    return test::run(context_, box().find(name)->reconcile(std::move(key)));
  }
  Result<ContractPtr> ready(const std::string& name) {
    return test::run(context_, box().find(name)->ready());
  }

  ToolboxConfig config_;
  net::ClientOptions options_;
  SystemClock clock_;
  boost::asio::io_context context_{1};
  boost::asio::thread_pool sockets_{1};  // after the context: joined before it goes
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<Toolbox> box_;
};

}  // namespace taskgate::tools

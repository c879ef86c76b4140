#include "tools/http_tool.hpp"

#include "tools/arguments.hpp"
#include "tools/classify.hpp"
#include "tools/contract.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <utility>

namespace taskgate::tools {

namespace asio = boost::asio;
using nlohmann::json;

namespace {

constexpr std::string_view kKeyPlace = "{key}";

bool takes_query(net::Method method) {
  return method == net::Method::get || method == net::Method::delete_;
}

// Arguments as parameters, after what the URL has of its own: texts and numbers as they are,
// anything else as JSON.
Result<std::string> with_query(const std::string& url, const std::string& arguments) {
  const auto exact = read_exactly(arguments);
  if (!exact) return exact.error();
  const json plain = json::parse(arguments, nullptr, false);
  std::string full = url;
  char divider = url.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : exact->items()) {
    if (value.is_structured() && holds_large_integer(value)) {
      return Error(Errc::invalid_argument,
                   "a number in \"" + name + "\" is too large to be sent in a query");
    }
    const std::string text =
        value.is_string() ? unmarked(value.get_ref<const std::string&>()) : plain[name].dump();
    full.append(1, divider).append(percent_encode(name)).append("=").append(percent_encode(text));
    divider = '&';
  }
  return full;
}

std::string with_key(std::string url, const std::string& key) {
  const auto place = url.find(kKeyPlace);
  if (place != std::string::npos) url.replace(place, kKeyPlace.size(), percent_encode(key));
  return url;
}

[[noreturn]] void refuse_http_tool(const std::string& name, const std::string& why) {
  throw std::invalid_argument("tool \"" + name + "\": " + why);
}

}  // namespace

HttpTool::HttpTool(HttpToolConfig config,
                   net::HttpClient& client,
                   std::vector<net::ListenEndpoint> own_listeners)
    : method_(config.method),
      url_(std::move(config.url)),
      reconcile_url_(std::move(config.reconcile_url)),
      client_(client) {
  const std::string name = config.definition.name;
  destination_.policy = policy_of(config.allow_private, std::move(own_listeners));
  destination_.headers = std::move(config.headers);
  if (!is_tool_name(name)) refuse_http_tool(name, "not a tool's name");
  if (const auto url = net::check_webhook_url(url_, destination_.policy); !url) {
    refuse_http_tool(name, url.error().message());
  }
  if (!reconcile_url_.empty()) {
    const auto url = net::check_webhook_url(with_key(reconcile_url_, "k"), destination_.policy);
    if (!url) refuse_http_tool(name, "reconcile_url: " + url.error().message());
    if (reconcile_url_.find(kKeyPlace) == std::string::npos) {
      refuse_http_tool(name, "reconcile_url must hold {key}");
    }
  }
  auto contract = make_contract(std::move(config.definition),
                                {"http", net::to_string(method_), url_, reconcile_url_});
  if (!contract) refuse_http_tool(name, contract.error().message());
  contract_ = std::move(*contract);
}

asio::awaitable<Result<ContractPtr>> HttpTool::ready() {
  co_return contract_;
}

Result<net::ClientRequest> HttpTool::make_request(const ToolCallRequest& call) const {
  const auto& definition = contract_->definition;
  HeaderList own{{"Accept", "application/json, text/*;q=0.8, */*;q=0.5"}};
  if (!call.task_id.empty()) own.emplace_back("X-Taskgate-Task", call.task_id);
  if (definition.effect == Effect::write) own.emplace_back(definition.idempotency_header, call.key);
  const bool query = takes_query(method_);
  if (!query) own.emplace_back("Content-Type", "application/json");
  const auto url = query ? with_query(url_, call.arguments) : Result<std::string>(url_);
  if (!url) return url.error();
  auto request = guarded_request(destination_, *url, own, definition.timeout);
  if (!request) return request.error();
  request->method = method_;
  // As the model wrote it, and as it was judged: no number is read and written again.
  if (!query) request->body = call.arguments;
  if (definition.effect == Effect::write) request->replay = net::Replay::if_unsent;
  return request;
}

asio::awaitable<ToolOutcome> HttpTool::call(ToolCallRequest request) {
  auto http = make_request(request);
  if (!http) co_return not_sent(http.error());
  http->may_send = std::move(request.may_send);
  auto answer =
      co_await exchange(client_, std::move(*http), contract_->definition.max_result_bytes);
  co_return classify(contract_->definition, std::move(answer));
}

asio::awaitable<Reconciled> HttpTool::reconcile(std::string key) {
  Reconciled unknown;
  if (reconcile_url_.empty()) {
    unknown.evidence = "the tool has no reconcile_url";
    co_return unknown;
  }
  const HeaderList own{{"Accept", "application/json, text/*;q=0.8, */*;q=0.5"}};
  const std::string url = with_key(reconcile_url_, key);
  auto http = guarded_request(destination_, url, own, contract_->definition.timeout);
  if (!http) {
    unknown.evidence = http.error().message();
    co_return unknown;
  }
  auto answer =
      co_await exchange(client_, std::move(*http), contract_->definition.max_result_bytes);
  co_return classify_reconciled(contract_->definition, std::move(answer));
}

}  // namespace taskgate::tools

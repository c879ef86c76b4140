#pragma once
// The whole native API without sockets: router, gate and handlers over a scripted gateway and a
// store in memory.

#include "support/api_store.hpp"
#include "support/fake_gateway.hpp"
#include "support/run_awaitable.hpp"
#include "taskgate/api/routes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskgate::test {

/// A clock that stands still until it is told otherwise.
class StillClock final : public Clock {
 public:
  TimePoint now() const override { return time; }
  TimePoint time{std::chrono::seconds(1'772'357'400)};  // 2026-03-01T09:30:00Z
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// First field of that name among a response's header lines.
inline std::optional<std::string> header_of(const net::Response& response,
                                            const std::string& name) {
  const std::string lines = "\r\n" + response.header_lines();
  const auto at = lines.find("\r\n" + name + ": ");
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + name.size() + 4;
  return lines.substr(begin, lines.find("\r\n", begin) - begin);
}

/// The body as JSON; fails the test when it is not.
inline nlohmann::json json_of(const net::Response& response) {
  auto document = nlohmann::json::parse(response.body(), nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << response.body();
  return document;
}

/// Keeps what a stream body writes; refuses after `room` writes.
class KeepingWriter final : public net::StreamWriter {
 public:
  explicit KeepingWriter(std::size_t room) : room_(room) {}
  boost::asio::awaitable<bool> write(std::string_view bytes) override {
    if (writes.size() == room_) co_return false;
    writes.emplace_back(bytes);
    co_return true;
  }
  std::string all() const {
    std::string text;
    for (const auto& piece : writes) text += piece;
    return text;
  }
  std::vector<std::string> writes;

 private:
  std::size_t room_;
};

class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture() : ApiFixture(api::AuthMode::open) {}
  explicit ApiFixture(api::AuthMode mode) : ring(store, clock, mode) {
    api::ApiOptions options;
    options.heartbeat = std::chrono::milliseconds(7);
    options.providers.push_back({"sim", "sim/echo", {}});
    options.check_webhook_url = [](std::string_view url) -> Result<void> {
      if (url.starts_with("https://")) return {};
      return Error(Errc::invalid_argument, "must be an https URL");
    };
    options.model_hint = [](std::string_view model) {
      return "is " + std::string(model) + " what you mean?";
    };
    router = api::make_router(api::Services{gateway, store, ring, clock, std::move(options)});
    gate = api::make_gate(ring);
  }

  /// Goes the way of a real request: route, gate, handler.
  net::Response call(net::Method method,
                     const std::string& target,
                     HeaderList headers,
                     std::string body) {
    net::Request request;
    request.method = method;
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    for (auto& [name, value] : headers) request.headers.add(std::move(name), std::move(value));
    request.request_id = "req_test";
    const auto match = router.find(method, request.path);
    if (match.handler == nullptr) return net::Response(match.allow.empty() ? 404 : 405);
    request.params = match.params;
    request.route = std::string(match.pattern);
    if (auto refused = gate(request)) return std::move(*refused);
    request.body = std::move(body);
    return run((*match.handler)(request));
  }

  net::Response get(const std::string& target, HeaderList headers = {}) {
    return call(net::Method::get, target, std::move(headers), {});
  }
  net::Response post(const std::string& target, std::string body, HeaderList headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return call(net::Method::post, target, std::move(headers), std::move(body));
  }
  net::Response put(const std::string& target, std::string body) {
    return call(net::Method::put, target, {{"Content-Type", "application/json"}}, std::move(body));
  }
  net::Response del(const std::string& target) {
    return call(net::Method::delete_, target, {}, {});
  }

  /// What a connection does with a feed.
  static boost::asio::awaitable<void> pull(std::shared_ptr<net::StreamFeed> feed,
                                           net::StreamWriter* writer) {
    for (auto state = net::StreamFeed::State::more; state != net::StreamFeed::State::ended;) {
      std::string piece;
      state = co_await feed->fill(piece);
      bool sent = true;
      if (!piece.empty()) sent = co_await writer->write(piece);
      if (!sent) co_return;
      if (state == net::StreamFeed::State::waiting) {
        EXPECT_EQ(feed->sleep(), nullptr);
      }
    }
  }

  /// Runs a streaming response's body for at most `room` writes.
  static KeepingWriter read_stream(const net::Response& response, std::size_t room) {
    KeepingWriter writer(room);
    boost::asio::io_context context(1);
    EXPECT_TRUE(response.feed());
    if (response.feed()) run(context, pull(response.feed(), &writer));
    return writer;
  }

  /// Stores a key and returns its text.
  std::string make_key(const std::string& tenant, api::ScopeSet scopes) {
    const auto generated = api::generate_key();
    store::ApiKey row;
    row.id = generated.id;
    row.tenant = tenant;
    row.name = "test";
    row.secret_hash = generated.secret_hash;
    row.scopes = scopes;
    store.key_rows.push_back(row);
    ring.load(store.key_rows);
    return generated.text;
  }

  static constexpr const char* kGoodTask = R"({"model":"sim/echo","input":"hi"})";

  StillClock clock;
  FakeGateway gateway;
  ApiStore store;
  api::KeyRing ring;
  net::Router router;
  net::Gate gate;
};

/// The same where every route but the public ones needs a key.
class GuardedApiFixture : public ApiFixture {
 protected:
  GuardedApiFixture() : ApiFixture(api::AuthMode::keys) {}
};

}  // namespace taskgate::test

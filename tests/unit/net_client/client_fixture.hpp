#pragma once
// A client whose sockets live on a pool of their own, called from the test's context: the two
// differ on purpose, as they may in the program.

#include "support/coro.hpp"
#include "support/scripted_upstream.hpp"
#include "taskgate/net/http_client.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

namespace taskgate::net {

using namespace std::chrono_literals;
using test::Reply;
using test::ScriptedUpstream;

class HttpClientFixture : public testing::Test {
 protected:
  HttpClient& client() {
    if (!client_) client_ = std::make_unique<HttpClient>(sockets_.get_executor(), options_);
    return *client_;
  }

  ClientRequest get(const std::string& url) {
    ClientRequest request;
    request.url = url;
    request.timeouts = timeouts_;
    return request;
  }
  ClientRequest post(const std::string& url, std::string body) {
    ClientRequest request = get(url);
    request.method = Method::post;
    request.body = std::move(body);
    return request;
  }

  Result<ClientResponse> fetch(ClientRequest request) {
    return test::run(context_, client().request(std::move(request)));
  }
  Result<std::unique_ptr<ClientStream>> open(ClientRequest request) {
    return test::run(context_, client().open(std::move(request)));
  }
  Result<std::string_view> read(ClientStream& stream) { return test::run(context_, stream.read()); }
  /// The whole rest of the body; what ended it goes to `error`.
  std::string read_all(ClientStream& stream, Error* error = nullptr) {
    std::string all;
    for (;;) {
      const auto piece = read(stream);
      if (!piece) {
        if (error != nullptr) *error = piece.error();
        return all;
      }
      if (piece->empty()) return all;
      all.append(*piece);
    }
  }

  ClientOptions options_;
  ClientTimeouts timeouts_;
  boost::asio::io_context context_{1};
  boost::asio::thread_pool sockets_{1};  // after the context: joined before it goes
  std::unique_ptr<HttpClient> client_;
};

}  // namespace taskgate::net

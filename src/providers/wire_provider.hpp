#pragma once
// The I/O of every protocol: one request, one response, fed to the codec; what the response's head
// says put to the outcome.

#include "providers/codec.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/net/http_client.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/providers/registry.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace taskgate::providers {

class WireProvider final : public Provider {
 public:
  /// `client` and `clock` outlive it. Precondition: the configuration was checked (make_registry).
  WireProvider(ProviderConfig config,
               std::unique_ptr<Codec> codec,
               net::HttpClient& client,
               const Clock& clock);

  boost::asio::awaitable<TurnOutcome> stream(ModelRequest request, DeltaSink& sink) override;

 private:
  /// When a turn began, and when its first token came.
  struct Watch {
    std::chrono::steady_clock::time_point start;
    std::optional<std::chrono::microseconds> first_token;
  };
  struct Body {
    std::string text;
    std::optional<Failure> broken;
  };

  net::ClientRequest make_request(WireRequest wire, const ModelRequest& request) const;
  boost::asio::awaitable<TurnOutcome> read_answer(net::ClientStream& stream,
                                                  DeltaSink& sink,
                                                  Watch& watch);
  boost::asio::awaitable<TurnOutcome> read_stream(net::ClientStream& stream,
                                                  DeltaSink& sink,
                                                  Watch& watch);
  boost::asio::awaitable<TurnOutcome> read_whole(net::ClientStream& stream, DeltaSink& sink);
  boost::asio::awaitable<Body> read_body(net::ClientStream& stream, std::size_t limit);
  TurnOutcome complete(TurnOutcome outcome,
                       const net::ClientStream& stream,
                       const Watch& watch) const;
  Failure transport_failure(const Error& error, FailureClass unavailable) const;
  Failure refusal(const UpstreamError& error) const;
  void make_presentable(Failure& failure) const;

  ProviderConfig config_;
  std::unique_ptr<Codec> codec_;
  net::HttpClient& client_;
  const Clock& clock_;
};

}  // namespace taskgate::providers

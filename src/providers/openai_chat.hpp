#pragma once
// The I/O of the openai_chat protocol: one request, one response, fed to the codec.

#include "providers/openai_chat_codec.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/net/http_client.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/providers/registry.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace taskgate::providers {

class OpenAiChat final : public Provider {
 public:
  /// `client` and `clock` outlive it. Precondition: the configuration was checked (make_registry).
  OpenAiChat(ProviderConfig config, net::HttpClient& client, const Clock& clock);

  boost::asio::awaitable<TurnOutcome> stream(ModelRequest request, DeltaSink& sink) override;

 private:
  net::ClientRequest make_request(const ModelRequest& request) const;
  boost::asio::awaitable<TurnOutcome> read_stream(net::ClientStream& stream,
                                                  DeltaSink& sink,
                                                  std::chrono::steady_clock::time_point start);
  boost::asio::awaitable<TurnOutcome> read_whole(net::ClientStream& stream, DeltaSink& sink);
  boost::asio::awaitable<std::string> read_body(net::ClientStream& stream, std::size_t limit);
  TurnOutcome with_headers(TurnOutcome outcome, const net::Headers& headers) const;
  Failure transport_failure(const Error& error, FailureClass unavailable) const;
  Failure refusal(const net::ClientStream& stream, const UpstreamError& error) const;
  void make_presentable(Failure& failure) const;

  ProviderConfig config_;
  ChatDialect dialect_;
  std::string url_;
  net::HttpClient& client_;
  const Clock& clock_;
};

/// "{base}/chat/completions", the base's query kept at the end.
std::string chat_completions_url(std::string_view base_url);
/// The dialect that the configuration and the host ask for.
ChatDialect dialect_of(const ProviderConfig& config);

}  // namespace taskgate::providers

#pragma once
// What tells one protocol from another: how a request is written, how an answer is read, what an
// error means. Pure; wire_provider.hpp does the I/O, the same for all of them.
//
// A protocol lives in a folder of its own beside this file and knows nothing of the others.

#include "providers/turn_decoder.hpp"
#include "providers/upstream_error.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/net/http.hpp"
#include "taskgate/providers/provider.hpp"
#include "taskgate/providers/registry.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

/// A request as it goes out: always a POST of JSON.
struct WireRequest {
  std::string url;
  net::Headers headers;  ///< the protocol's own: credentials, versions
  std::string body;
  std::vector<std::string> ignored;  ///< settings that could not be said
};

class Codec {
 public:
  virtual ~Codec() = default;
  /// Errors: Errc::invalid_argument when the request cannot be said in this protocol at all.
  virtual Result<WireRequest> encode(const ModelRequest& request) const = 0;
  /// For one answer. `sink` outlives it.
  virtual std::unique_ptr<TurnDecoder> decoder(DeltaSink& sink) const = 0;
  virtual const ErrorTable& errors() const = 0;
  /// The limits that an answer's header fields report; empty when they report none.
  virtual std::vector<RateLimit> rate_limits(const net::Headers& headers, TimePoint now) const = 0;
};

/// Makes the codec of a configuration that was checked (make_registry).
using MakeCodec = std::unique_ptr<Codec> (*)(const ProviderConfig& config);

/// `path` put at the end of the base's path; the base's query stays at the end, before `query`.
std::string endpoint_url(std::string_view base_url, std::string_view path, std::string_view query);
std::string endpoint_url(std::string_view base_url, std::string_view path);

/// "Answer with JSON alone …" for a model that cannot be bound to the schema by its protocol.
std::string schema_instruction(std::string_view schema);

}  // namespace taskgate::providers

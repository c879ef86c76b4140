#pragma once
// The native API as seen by a client whose server may die at any moment: a connection that breaks
// is an answer too, after which the client does not know what became of its request. Tests of a
// server that stays alive use api_client.hpp.

#include "support/raw_http.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::test {

struct ApiRequest {
  std::string method = "GET";
  std::string target;  ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  ///< JSON; empty: none
};

/// One event of a stream.
struct StreamedEvent {
  std::uint64_t id = 0;
  std::string type;
  std::string data;
};

/// What one connection to a stream gave.
struct StreamOutcome {
  unsigned status = 0;  ///< 0: no answer
  std::vector<StreamedEvent> events;
  bool complete = false;  ///< the body's proper end came
};

/// For one thread; waits at most ten seconds for anything.
class FragileClient {
 public:
  explicit FragileClient(std::uint16_t port) : port_(port) {}

  /// nullopt: the connection could not be made, or broke before the whole answer.
  std::optional<RawResponse> exchange(const ApiRequest& request);
  /// GET of a target, on this connection.
  std::optional<RawResponse> get(std::string target);
  /// Reads a stream from a cursor to its end, on a connection of its own.
  StreamOutcome read_stream(const std::string& task_id, std::uint64_t after) const;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  std::unique_ptr<RawClient> connection_;
};

/// Takes complete events out of `text`, which keeps what is incomplete. Knows what our own streams
/// use: id, event, data, comments, retry.
std::vector<StreamedEvent> take_events(std::string& text);

}  // namespace taskgate::test

#pragma once
// A blocking client of the gateway for tests: JSON calls over one keep-alive connection, and event
// streams.

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::test {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ApiReply {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  /// The body as JSON; discarded value when it is none.
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  std::string header(const std::string& lower_name) const;
};

/// One connection; reconnects when the server closed it. Throws std::runtime_error when the server
/// is not there or says nothing for 30 s. Not thread-safe.
class ApiClient {
 public:
  explicit ApiClient(std::uint16_t port, std::string bearer = {});
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;

  ApiReply call(std::string_view method,
                std::string_view target,
                std::string_view body = {},
                HeaderList headers = {});
  ApiReply get(std::string_view target, HeaderList headers = {}) {
    return call("GET", target, {}, std::move(headers));
  }
  ApiReply post(std::string_view target, const nlohmann::json& body, HeaderList headers = {}) {
    return call("POST", target, body.dump(), std::move(headers));
  }
  /// Long-polls until the task is final; the task object. Throws after `limit`.
  nlohmann::json wait_final(const std::string& id,
                            std::chrono::seconds limit = std::chrono::seconds{30});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct StreamEvent {
  std::string id;
  std::string type;
  nlohmann::json data;
};

/// An event stream being read. Closing (destroying) it cuts the connection.
class EventStream {
 public:
  /// Connects and reads the head. `last_event_id` empty: from the start.
  EventStream(std::uint16_t port,
              const std::string& target,
              const std::string& last_event_id = {},
              const std::string& bearer = {});
  ~EventStream();

  unsigned status() const;
  std::string header(const std::string& lower_name) const;
  /// The next event; nullopt at the end of the stream. Throws after 30 s of silence.
  std::optional<StreamEvent> next();
  /// Everything up to the end of the stream.
  std::vector<StreamEvent> rest();
  /// Comments seen so far (heartbeats).
  std::size_t comments() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The text of the deltas, restarted by every output.reset.
std::string text_of(const std::vector<StreamEvent>& events);

}  // namespace taskgate::test

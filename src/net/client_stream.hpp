#pragma once
// The body of a response as it arrives: framing taken off in place, deadlines kept, the connection
// handed back to the pool at the proper end.

#include "net/chunked_decoder.hpp"
#include "net/client_connection.hpp"
#include "net/connection_pool.hpp"
#include "net/response_head.hpp"
#include "net/watchdog.hpp"
#include "taskgate/net/http_client.hpp"

#include <memory>
#include <string_view>

namespace taskgate::net {

/// What the exchange hands over once the head is read. Moved, never braced beside a co_await.
struct BodySource {
  ResponseHead head;
  BodyFraming framing;
  ClientTimings timings;
  std::unique_ptr<ClientConnection> connection;
  std::unique_ptr<Watchdog> watchdog;  ///< guards the connection's socket
  std::shared_ptr<ConnectionPool> pool;
  std::chrono::milliseconds idle{0};
  runtime::SteadyTime total = runtime::SteadyTime::max();
};

class BodyStream final : public ClientStream {
 public:
  explicit BodyStream(BodySource source);
  ~BodyStream() override;

  unsigned status() const override { return source_.head.status; }
  const Headers& headers() const override { return source_.head.headers; }
  const ClientTimings& timings() const override { return source_.timings; }
  boost::asio::awaitable<Result<std::string_view>> read() override;
  boost::asio::awaitable<void> drain(std::chrono::milliseconds patience) override;

 private:
  enum class State { open, complete, broken };

  boost::asio::awaitable<Result<std::string_view>> read_until(runtime::SteadyTime deadline);
  std::string_view decode_unread();
  void at_error(boost::system::error_code error);
  Error failure() const;
  void hand_back();

  BodySource source_;
  State state_ = State::open;
  std::uint64_t remaining_ = 0;  // of a body with a length
  ChunkedDecoder chunks_;
  const char* why_ = "";  // of State::broken
};

}  // namespace taskgate::net

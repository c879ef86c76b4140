#pragma once
// Happy Eyeballs (RFC 8305): connects to the addresses of a name side by side, each begun a little
// after the one before, and keeps the first connection that stands.

#include "net/client_connection.hpp"
#include "taskgate/net/resolver.hpp"
#include "taskgate/runtime/steady.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::net {

/// RFC 8305 §5: "Connection Attempt Delay", recommended.
inline constexpr std::chrono::milliseconds kConnectStagger{250};
/// Addresses of one name that are tried.
inline constexpr std::size_t kMaxAddresses = 16;

/// The addresses with the two families in turn, beginning with that of the first (§4); within a
/// family their order stays. At most kMaxAddresses.
Resolver::Addresses interleave_families(const Resolver::Addresses& addresses);

/// In a coroutine's frame, on its strand. Destroying it closes what has not won.
class ConnectRace {
 public:
  ConnectRace(boost::asio::any_io_executor strand,
              boost::asio::any_io_executor sockets,
              std::string origin);
  ~ConnectRace();
  ConnectRace(const ConnectRace&) = delete;
  ConnectRace& operator=(const ConnectRace&) = delete;

  using Outcome = Result<std::unique_ptr<ClientConnection>>;
  /// Once. Precondition: at least one address. Errors: Errc::timeout, Errc::upstream_unavailable
  /// (the last address's failure). Throws operation_aborted when the caller is cancelled.
  boost::asio::awaitable<Outcome> run(Resolver::Addresses addresses,
                                      std::uint16_t port,
                                      runtime::SteadyTime deadline);

 private:
  // Where a socket's completion finds the race, while there is one. Only on the strand.
  struct Meeting {
    ConnectRace* race = nullptr;
  };
  void start(boost::asio::ip::tcp::endpoint peer);
  void on_connected(std::size_t index, boost::system::error_code error);
  bool is_over() const noexcept { return ended_ == tries_.size(); }
  std::unique_ptr<ClientConnection> take_winner();

  boost::asio::any_io_executor strand_;
  boost::asio::any_io_executor sockets_;
  std::string origin_;
  boost::asio::steady_timer wake_;
  std::shared_ptr<Meeting> meeting_;
  std::vector<std::unique_ptr<ClientConnection>> tries_;
  std::vector<boost::asio::ip::tcp::endpoint> peers_;  // of tries_
  std::size_t ended_ = 0;
  bool hurry_ = true;  // the last one begun has failed: do not wait before the next
  std::optional<std::size_t> winner_;
  boost::system::error_code last_error_;
};

}  // namespace taskgate::net

#include "net/connect_race.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::SteadyClock;
using runtime::SteadyTime;

Resolver::Addresses interleave_families(const Resolver::Addresses& addresses) {
  Resolver::Addresses ordered;
  const auto of_family = [&](std::size_t from, bool v4) {
    while (from < addresses.size() && addresses[from].is_v4() != v4) ++from;
    return from;
  };
  std::size_t next[2] = {of_family(0, false), of_family(0, true)};
  bool v4 = !addresses.empty() && addresses.front().is_v4();
  while (ordered.size() < std::min(addresses.size(), kMaxAddresses)) {
    if (next[v4 ? 1 : 0] == addresses.size()) v4 = !v4;
    auto& place = next[v4 ? 1 : 0];
    ordered.push_back(addresses[place]);
    place = of_family(place + 1, v4);
    v4 = !v4;
  }
  return ordered;
}

ConnectRace::ConnectRace(asio::any_io_executor strand,
                         asio::any_io_executor sockets,
                         std::string origin)
    : strand_(strand),
      sockets_(std::move(sockets)),
      origin_(std::move(origin)),
      wake_(strand),
      meeting_(std::make_shared<Meeting>()) {
  meeting_->race = this;
}

ConnectRace::~ConnectRace() {
  meeting_->race = nullptr;
}

asio::awaitable<ConnectRace::Outcome> ConnectRace::run(Resolver::Addresses addresses,
                                                       std::uint16_t port,
                                                       SteadyTime deadline) {
  const auto order = interleave_families(addresses);
  SteadyTime next_start = SteadyClock::now();
  for (;;) {
    const bool more = tries_.size() < order.size();
    if (more && (hurry_ || SteadyClock::now() >= next_start)) {
      start(tcp::endpoint(order[tries_.size()], port));
      next_start = SteadyClock::now() + kConnectStagger;
    }
    const bool waits = tries_.size() < order.size();
    wake_.expires_at(waits ? std::min(next_start, deadline) : deadline);
    (void)co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await throw_if_cancelled();
    if (winner_) co_return take_winner();
    if (is_over() && tries_.size() == order.size()) break;
    if (SteadyClock::now() >= deadline) {
      co_return Error(Errc::timeout, "the upstream did not connect in time");
    }
  }
  co_return Error(Errc::upstream_unavailable,
                  "cannot connect to the upstream: " + last_error_.message());
}

void ConnectRace::start(tcp::endpoint peer) {
  hurry_ = false;
  const std::size_t index = tries_.size();
  tries_.push_back(std::make_unique<ClientConnection>(sockets_, origin_));
  peers_.push_back(peer);
  auto done = [meeting = meeting_, index](boost::system::error_code error) {
    if (meeting->race != nullptr) meeting->race->on_connected(index, error);
  };
  tries_.back()->socket().async_connect(peer, asio::bind_executor(strand_, std::move(done)));
}

void ConnectRace::on_connected(std::size_t index, boost::system::error_code error) {
  ++ended_;
  if (!error) {
    if (!winner_) winner_ = index;
  } else {
    last_error_ = error;
    tries_[index].reset();
    if (index + 1 == tries_.size()) hurry_ = true;
  }
  wake_.cancel();
}

std::unique_ptr<ClientConnection> ConnectRace::take_winner() {
  auto connection = std::move(tries_[*winner_]);
  connection->connected_to(peers_[*winner_]);
  tries_.clear();  // the losers' sockets close
  return connection;
}

}  // namespace taskgate::net

#include "net/server_worker.hpp"

#include "net/http_session.hpp"
#include "taskgate/core/ids.hpp"
#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace taskgate::net {
namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::chrono::milliseconds kAcceptBackOff{50};
constexpr std::chrono::milliseconds kLongestTick{250};
constexpr std::chrono::milliseconds kShortestTick{10};

/// A quarter of the shortest limit, so that none is overshot by much; four looks a second at most
/// for the limits of a real server.
runtime::SteadyDuration tick_for(const ServerLimits& limits) {
  const auto shortest = std::min({limits.header_timeout, limits.body_timeout,
                                  limits.keep_alive_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, kShortestTick, kLongestTick);
}

/// An IPv4 client of a dual-stack listener is an IPv4 client.
asio::ip::address plain_address(asio::ip::address address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

ServerWorker::ServerWorker(const WorkerSettings& settings)
    : settings_(settings),
      context_(1),
      work_(asio::make_work_guard(context_)),
      shared_(settings.router,
              settings.gate,
              settings.refusals,
              settings.options.limits,
              settings.report,
              tick_for(settings.options.limits)),
      acceptor_(context_),
      loops_(settings.report),
      connections_(settings.report) {}

ServerWorker::~ServerWorker() {
  stop();
}

error_code ServerWorker::listen(const tcp::endpoint& endpoint, PortSharing sharing) {
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    if (sharing == PortSharing::shared) acceptor_.set_option(ReusePort(true));
    acceptor_.bind(endpoint);
    acceptor_.non_blocking(true);
    acceptor_.listen(asio::socket_base::max_listen_connections);
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

std::uint16_t ServerWorker::port() const {
  error_code ec;
  return acceptor_.local_endpoint(ec).port();
}

void ServerWorker::start() {
  loops_.spawn("deadlines", context_.get_executor(), runtime::OnError::stop_process,
               shared_.sweeper.run());
  loops_.spawn("listener", context_.get_executor(), runtime::OnError::stop_process, accept_loop());
  thread_ = std::thread([this] { context_.run(); });
}

asio::awaitable<void> ServerWorker::accept_loop() {
  constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
  while (acceptor_.is_open()) {
    auto [ec, socket] = co_await acceptor_.async_accept(quietly);
    if (!ec) {
      admit(std::move(socket));
    } else if (ec != asio::error::connection_aborted && acceptor_.is_open()) {
      // EMFILE, ENFILE, ENOBUFS, ENOMEM: the connection stays in the queue; neither spin nor die.
      co_await runtime::sleep_for(kAcceptBackOff);
    }
  }
}

void ServerWorker::admit(tcp::socket socket) {
  SessionCounters::count(shared_.counters.accepted);
  error_code ec;
  const auto peer = socket.remote_endpoint(ec);
  if (ec) return;  // already gone
  socket.set_option(tcp::no_delay(true), ec);
  auto remote = plain_address(peer.address());
  auto slot = settings_.limits.acquire(remote);
  if (!slot) {
    refuse(std::move(socket));
    return;
  }
  AcceptedConnection connection{std::move(socket), std::move(remote), std::move(slot)};
  auto session = std::make_unique<HttpSession>(std::move(connection), settings_.tls, shared_);
  HttpSession& started = *session;
  auto self = connections_.spawn("connection", context_.get_executor(), runtime::OnError::log,
                                 HttpSession::run(std::move(session)));
  // Still there: its first read or handshake completes through the queue of this thread.
  started.set_stop_handle(std::move(self));
}

/// One attempt to say why, then the door.
void ServerWorker::refuse(tcp::socket socket) {
  SessionCounters::count(shared_.counters.refused);
  if (settings_.tls) return;
  Refusal what;
  what.status = 503;
  what.code = "too_many_connections";
  what.detail = "the server has no room for another connection";
  what.request_id = make_id("req_");
  Response response(503);
  try {
    if (settings_.refusals) response = settings_.refusals(what);
  } catch (...) {
    if (settings_.report) settings_.report("refusal", std::current_exception());
  }
  HeadOptions head;
  head.connection = ConnectionField::close;
  head.request_id = what.request_id;
  head.date = shared_.date.at(std::time(nullptr));
  std::string bytes;
  append_head(bytes, response, head);
  bytes += response.body();
  error_code ignored;  // the client may be gone; it is turned away either way
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(bytes), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> scratch;  // unread input would turn the close into a reset
  socket.read_some(asio::buffer(scratch), ignored);
}

void ServerWorker::begin_drain() {
  asio::post(context_, [this] { drain_here(); });
}

void ServerWorker::drain_here() {
  shared_.draining = true;
  // Whoever is already connected is served; closing the listener would reset them.
  error_code ec;
  while (acceptor_.is_open()) {
    tcp::socket socket(context_);
    acceptor_.accept(socket, ec);
    if (ec) break;
    admit(std::move(socket));
  }
  acceptor_.close(ec);
  for (Watched* watched : shared_.sweeper.all()) watched->on_drain();
}

bool ServerWorker::wait_idle(runtime::SteadyDuration limit) {
  return connections_.wait_for(limit);
}

void ServerWorker::cut() {
  connections_.request_stop();
  connections_.wait();
}

void ServerWorker::stop() {
  if (thread_.joinable()) {
    asio::post(context_, [this] {
      error_code ignored;  // closed by drain already
      acceptor_.close(ignored);
    });
    loops_.request_stop();
    connections_.request_stop();
    loops_.wait();
    connections_.wait();
    work_.reset();
    context_.stop();
    thread_.join();
  }
}

}  // namespace taskgate::net

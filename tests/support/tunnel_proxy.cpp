#include "support/tunnel_proxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <mutex>
#include <thread>

namespace taskgate::test {

namespace asio = boost::asio;
using asio::ip::tcp;

struct TunnelProxy::Impl {
  static constexpr auto kQuiet = asio::as_tuple(asio::use_awaitable);
  using Socket = std::shared_ptr<tcp::socket>;

  explicit Impl(std::uint16_t to)
      : backend(asio::ip::address_v4::loopback(), to),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    port = acceptor.local_endpoint().port();
    spawn(accept());
    thread = std::thread([this] { context.run(); });
  }
  ~Impl() {
    context.stop();
    thread.join();
  }

  void spawn(asio::awaitable<void> task) {
    asio::co_spawn(context, std::move(task), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto client = std::make_shared<tcp::socket>(context);
      auto [error] = co_await acceptor.async_accept(*client, kQuiet);
      if (error) co_return;
      spawn(open(client));
    }
  }

  asio::awaitable<void> open(Socket client) {
    std::string head;
    auto [cut, size] =
        co_await asio::async_read_until(*client, asio::dynamic_buffer(head), "\r\n\r\n", kQuiet);
    if (cut) co_return;
    {
      std::lock_guard lock(mutex);
      heads.push_back(head.substr(0, size));
    }
    auto far = std::make_shared<tcp::socket>(context);
    auto [refused] = co_await far->async_connect(backend, kQuiet);
    if (refused) co_return;
    const std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    auto [lost, sent] = co_await asio::async_write(*client, asio::buffer(answer), kQuiet);
    if (lost) co_return;
    spawn(relay(client, far));
    spawn(relay(far, client));
  }

  asio::awaitable<void> relay(Socket from, Socket to) {
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
      auto [error, count] = co_await from->async_read_some(asio::buffer(buffer), kQuiet);
      if (error) break;
      auto [lost, sent] = co_await asio::async_write(*to, asio::buffer(buffer, count), kQuiet);
      if (lost) break;
    }
    boost::system::error_code ignored;  // the other direction may have closed it
    to->shutdown(tcp::socket::shutdown_send, ignored);
  }

  tcp::endpoint backend;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  std::vector<std::string> heads;
  std::thread thread;
};

TunnelProxy::TunnelProxy(std::uint16_t backend) : impl_(std::make_unique<Impl>(backend)) {}
TunnelProxy::~TunnelProxy() = default;

std::uint16_t TunnelProxy::port() const {
  return impl_->port;
}

std::vector<std::string> TunnelProxy::heads() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->heads;
}

}  // namespace taskgate::test

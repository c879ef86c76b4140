// The limit that taskgate is compared with: an HTTP server on Boost.Beast's C++20 coroutines that
// reads a request, looks at its method and writes a fixed reply. No store, no routes, no JSON, no
// deadlines: whatever a real server on Beast does comes on top of this.
//
//   taskgate_bench_bare [--threads N] [--post-reply FILE] [--get-reply FILE]
//
// A reply file holds one HTTP response as it came off the wire; the answer gets its status, header
// fields and body. The first line on stdout is {"listening":"http://127.0.0.1:PORT"}.

#include "replies.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace taskgate::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

// The executor's own type instead of any_io_executor, and errors as values: the quickest form.
using Token = asio::as_tuple_t<asio::use_awaitable_t<asio::io_context::executor_type>>;
using Task = asio::awaitable<void, asio::io_context::executor_type>;
using Socket = tcp::socket::rebind_executor<asio::io_context::executor_type>::other;
using Acceptor = tcp::acceptor::rebind_executor<asio::io_context::executor_type>::other;

struct Replies {
  Reply post;
  Reply get;
};

http::response<http::string_body> make_response(const Reply& reply) {
  http::response<http::string_body> response;
  response.version(11);
  response.result(reply.status);
  for (const auto& [name, value] : reply.fields) response.insert(name, value);
  response.body() = reply.body;
  response.prepare_payload();
  return response;
}

Task serve(Socket socket, const Replies* replies) {
  const Token token;
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(1U << 20);
    const auto [read_error, read_bytes] = co_await http::async_read(socket, buffer, parser, token);
    if (read_error) co_return;
    const bool is_post = parser.get().method() == http::verb::post;
    auto response = make_response(is_post ? replies->post : replies->get);
    response.keep_alive(parser.get().keep_alive());
    const auto [write_error, written] = co_await http::async_write(socket, response, token);
    if (write_error || !response.keep_alive()) co_return;
  }
}

Task accept_loop(Acceptor& acceptor, const Replies* replies) {
  const Token token;
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(token);
    if (error) co_return;
    boost::system::error_code ignored;  // without the option the reply is only slower
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), replies),
                   [](const std::exception_ptr& failure) {
                     if (failure) std::rethrow_exception(failure);
                   });
  }
}

/// One thread, one io_context, one SO_REUSEPORT listener: as taskgate's own I/O threads are built.
struct IoThread {
  explicit IoThread(unsigned short port) : context(1), acceptor(context) {
    using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.set_option(ReusePort(true));
    acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), port));
    acceptor.listen(4096);
  }
  asio::io_context context;
  Acceptor acceptor;
};

int serve_until_terminated(int threads, const Replies& replies) {
  std::vector<std::unique_ptr<IoThread>> all;
  unsigned short port = 0;
  for (int i = 0; i < threads; ++i) {
    all.push_back(std::make_unique<IoThread>(port));
    port = all.front()->acceptor.local_endpoint().port();
    asio::co_spawn(all.back()->context, accept_loop(all.back()->acceptor, &replies),
                   [](const std::exception_ptr& failure) {
                     if (failure) std::rethrow_exception(failure);
                   });
  }
  asio::signal_set signals(all.front()->context, SIGTERM, SIGINT);
  signals.async_wait([&all](const boost::system::error_code&, int) {
    for (auto& each : all) each->context.stop();
  });
  std::printf("{\"listening\":\"http://127.0.0.1:%u\"}\n", static_cast<unsigned>(port));
  std::fflush(stdout);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < all.size(); ++i) {
    others.emplace_back([io = all[i].get()] { io->context.run(); });
  }
  all.front()->context.run();
  for (auto& thread : others) thread.join();
  return 0;
}

}  // namespace
}  // namespace taskgate::bench

int main(int argc, char** argv) {
  using namespace taskgate::bench;
  try {
    Replies replies{default_post_reply(), default_get_reply()};
    int threads = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string_view flag = argv[i];
      if (flag == "--threads") threads = std::max(1, std::atoi(argv[i + 1]));
      if (flag == "--post-reply") replies.post = read_reply(argv[i + 1]);
      if (flag == "--get-reply") replies.get = read_reply(argv[i + 1]);
    }
    return serve_until_terminated(threads, replies);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "taskgate_bench_bare: %s\n", failure.what());
    return 1;
  }
}

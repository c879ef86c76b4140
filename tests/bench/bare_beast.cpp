// The limit that taskgate is compared with: an HTTP server on Boost.Beast's C++20 coroutines that
// reads a request, looks at its method and writes a fixed reply. No store, no routes, no JSON, no
// body limits of its own: whatever a real server does comes on top of this. Two forms:
//
//   ordinary  as Beast's own coroutine example: tcp_stream, a deadline for each exchange,
//   use_awaitable
//             with any_io_executor. What people mean by a Beast server, and what taskgate must do
//             too.
//   stripped  a plain socket, no deadlines, the executor's concrete type: as quick as Beast gets.
//
//   taskgate_bench_bare [--form ordinary|stripped] [--threads N] [--post-reply FILE] [--get-reply
//   FILE]
//
// A reply file holds one HTTP response as it came off the wire; the answer gets its status, header
// fields and body. The first line on stdout is {"listening":"http://127.0.0.1:PORT"}.

#include "numbers.hpp"
#include "replies.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
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

struct OrdinaryForm {
  using Executor = asio::any_io_executor;
  using Stream = boost::beast::tcp_stream;
  static void set_deadline(Stream& stream) { stream.expires_after(std::chrono::seconds(30)); }
};

struct StrippedForm {
  using Executor = asio::io_context::executor_type;
  using Stream = tcp::socket::rebind_executor<Executor>::other;
  static void set_deadline(Stream&) {}
};

// Errors as values in both: no exception at the end of a connection.
template <class Form>
using Token = asio::as_tuple_t<asio::use_awaitable_t<typename Form::Executor>>;
template <class Form>
using Task = asio::awaitable<void, typename Form::Executor>;
template <class Form>
using Acceptor = asio::basic_socket_acceptor<tcp, typename Form::Executor>;

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

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

template <class Form>
Task<Form> serve(typename Form::Stream stream, const Replies* replies) {
  const Token<Form> token;
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(1U << 20);
    Form::set_deadline(stream);
    const auto [read_error, read_bytes] = co_await http::async_read(stream, buffer, parser, token);
    if (read_error) co_return;
    const bool is_post = parser.get().method() == http::verb::post;
    auto response = make_response(is_post ? replies->post : replies->get);
    response.keep_alive(parser.get().keep_alive());
    const auto [write_error, written] = co_await http::async_write(stream, response, token);
    if (write_error || !response.keep_alive()) co_return;
  }
}

template <class Form>
Task<Form> accept_loop(Acceptor<Form>& acceptor, const Replies* replies) {
  const Token<Form> token;
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(token);
    if (error) co_return;
    boost::system::error_code ignored;  // without the option the reply is only slower
    socket.set_option(tcp::no_delay(true), ignored);
    typename Form::Stream stream(std::move(socket));
    asio::co_spawn(acceptor.get_executor(), serve<Form>(std::move(stream), replies), rethrow);
  }
}

/// One thread, one io_context, one SO_REUSEPORT listener: as taskgate's own I/O threads are built.
template <class Form>
struct IoThread {
  explicit IoThread(unsigned short port) : context(1), acceptor(context.get_executor()) {
    using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.set_option(ReusePort(true));
    acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), port));
    acceptor.listen(4096);
  }
  asio::io_context context;
  Acceptor<Form> acceptor;
};

template <class Form>
int serve_until_terminated(int threads, const Replies& replies) {
  std::vector<std::unique_ptr<IoThread<Form>>> all;
  unsigned short port = 0;
  for (int i = 0; i < threads; ++i) {
    all.push_back(std::make_unique<IoThread<Form>>(port));
    port = all.front()->acceptor.local_endpoint().port();
    auto& acceptor = all.back()->acceptor;
    asio::co_spawn(acceptor.get_executor(), accept_loop<Form>(acceptor, &replies), rethrow);
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
    bool stripped = false;
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string_view flag = argv[i];
      if (flag == "--form") stripped = std::string_view(argv[i + 1]) == "stripped";
      if (flag == "--threads") threads = std::max(1, parse_number<int>(argv[i + 1]));
      if (flag == "--post-reply") replies.post = read_reply(argv[i + 1]);
      if (flag == "--get-reply") replies.get = read_reply(argv[i + 1]);
    }
    if (stripped) return serve_until_terminated<StrippedForm>(threads, replies);
    return serve_until_terminated<OrdinaryForm>(threads, replies);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "taskgate_bench_bare: %s\n", failure.what());
    return 1;
  }
}

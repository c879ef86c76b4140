#include "support/scripted_upstream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace taskgate::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

SeenRequest parse_head(std::string_view head) {
  SeenRequest request;
  const std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.rfind(' ');
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  head.remove_prefix(end + 2);
  while (head.size() > 2) {
    const std::size_t stop = head.find("\r\n");
    const std::string_view field = head.substr(0, stop);
    const std::size_t colon = std::min(field.find(':'), field.size() - 1);
    std::string name(field.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = field.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    request.headers.emplace_back(std::move(name), value);
    head.remove_prefix(stop + 2);
  }
  return request;
}

}  // namespace

struct ScriptedUpstream::Impl {
  explicit Impl(UpstreamOptions settings)
      : options(std::move(settings)),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        released(context, asio::steady_timer::time_point::max()) {
    if (options.certificates != nullptr) {
      tls.emplace(options.certificates->server_context(options.leaf));
    }
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
      if (error) std::rethrow_exception(error);  // a fault of the test itself: let it die loudly
    });
  }

  asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket(context);
      auto [error] = co_await acceptor.async_accept(socket, kNoThrow);
      if (error) co_return;
      std::size_t number = 0;
      {
        std::lock_guard lock(mutex);
        number = ++accepted;
      }
      changed.notify_all();
      if (options.close_on_accept) continue;
      socket.set_option(tcp::no_delay(true));
      if (tls) {
        spawn(serve_tls(std::move(socket), number));
      } else {
        spawn(serve_plain(std::move(socket), number));
      }
    }
  }

  asio::awaitable<void> serve_plain(tcp::socket socket, std::size_t number) {
    co_await serve(socket, socket, number);
    note_ending(socket);
  }

  asio::awaitable<void> serve_tls(tcp::socket socket, std::size_t number) {
    asio::ssl::stream<tcp::socket&> stream(socket, *tls);
    auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kNoThrow);
    if (error) co_return;
    co_await serve(stream, socket, number);
    note_ending(socket);
  }

  template <class Stream>
  asio::awaitable<void> serve(Stream& stream, tcp::socket& socket, std::size_t number) {
    std::string buffer;
    for (;;) {
      auto [error, size] = co_await asio::async_read_until(stream, asio::dynamic_buffer(buffer),
                                                           "\r\n\r\n", kNoThrow);
      if (error) {
        note_disconnect();
        co_return;
      }
      SeenRequest request = parse_head(std::string_view(buffer).substr(0, size));
      buffer.erase(0, size);
      const std::string length = request.header("content-length");
      const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
      if (buffer.size() < wanted) {
        auto [cut, more] =
            co_await asio::async_read(stream, asio::dynamic_buffer(buffer),
                                      asio::transfer_exactly(wanted - buffer.size()), kNoThrow);
        if (cut) {
          note_disconnect();
          co_return;
        }
        (void)more;
      }
      request.body = buffer.substr(0, wanted);
      buffer.erase(0, wanted);
      request.connection = number;
      const Reply reply = next_reply(std::move(request));
      const bool go_on = co_await play(stream, socket, reply);
      if (!go_on) co_return;
    }
  }

  template <class Stream>
  asio::awaitable<bool> play(Stream& stream, tcp::socket& socket, const Reply& reply) {
    for (const Reply::Step& step : reply.steps()) {
      switch (step.kind) {
        case Reply::Kind::send: {
          auto [error, written] =
              co_await asio::async_write(stream, asio::buffer(step.bytes), kNoThrow);
          (void)written;
          if (error) {
            note_disconnect();
            co_return false;
          }
          break;
        }
        case Reply::Kind::pause: {
          asio::steady_timer timer(context, step.pause);
          (void)co_await timer.async_wait(kNoThrow);
          break;
        }
        case Reply::Kind::stall:
          while (permits == 0) (void)co_await released.async_wait(kNoThrow);
          --permits;
          break;
        case Reply::Kind::hang:
          co_await wait_for_peer(stream);
          note_disconnect();
          co_return false;
        case Reply::Kind::close:
          co_return false;
        case Reply::Kind::reset: {
          socket.set_option(asio::socket_base::linger(true, 0));
          socket.close();
          co_return false;
        }
      }
    }
    co_return true;
  }

  template <class Stream>
  asio::awaitable<void> wait_for_peer(Stream& stream) {
    std::string dropped(256, '\0');
    for (;;) {
      auto [error, count] = co_await stream.async_read_some(asio::buffer(dropped), kNoThrow);
      (void)count;
      if (error) co_return;
    }
  }

  Reply next_reply(SeenRequest request) {
    std::function<Reply(const SeenRequest&)> handler;
    Reply reply = Reply::json(500, R"({"error":{"message":"nothing scripted"}})");
    {
      std::lock_guard lock(mutex);
      seen.push_back(request);
      if (!queue.empty()) {
        reply = std::move(queue.front());
        queue.pop_front();
      } else {
        handler = fallback;
      }
    }
    changed.notify_all();
    if (handler) return handler(request);
    return reply;
  }

  void note_ending(tcp::socket& socket) {
    boost::system::error_code ignored;  // closed already, by a reset
    socket.close(ignored);
    {
      std::lock_guard lock(mutex);
      ++ended;
    }
    changed.notify_all();
  }

  void note_disconnect() {
    {
      std::lock_guard lock(mutex);
      ++disconnected;
    }
    changed.notify_all();
  }

  bool wait(std::chrono::milliseconds patience, const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, patience, condition);
  }

  UpstreamOptions options;
  asio::io_context context{1};
  std::optional<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  asio::steady_timer released;  // never expires; cancel() makes the stalled look at `permits`
  std::size_t permits = 0;      // the context's thread only
  std::uint16_t port = 0;

  std::mutex mutex;  // guards everything below
  std::condition_variable changed;
  std::deque<Reply> queue;
  std::function<Reply(const SeenRequest&)> fallback;
  std::vector<SeenRequest> seen;
  std::size_t accepted = 0;
  std::size_t disconnected = 0;
  std::size_t ended = 0;

  std::thread thread;
};

ScriptedUpstream::ScriptedUpstream() : ScriptedUpstream(UpstreamOptions()) {}
ScriptedUpstream::ScriptedUpstream(UpstreamOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
ScriptedUpstream::~ScriptedUpstream() = default;

std::uint16_t ScriptedUpstream::port() const {
  return impl_->port;
}

std::string ScriptedUpstream::url() const {
  return (impl_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(impl_->port);
}

void ScriptedUpstream::enqueue(Reply reply) {
  std::lock_guard lock(impl_->mutex);
  impl_->queue.push_back(std::move(reply));
}

void ScriptedUpstream::otherwise(std::function<Reply(const SeenRequest&)> handler) {
  std::lock_guard lock(impl_->mutex);
  impl_->fallback = std::move(handler);
}

void ScriptedUpstream::release() {
  asio::post(impl_->context, [impl = impl_.get()] {
    ++impl->permits;
    impl->released.cancel();
  });
}

std::vector<SeenRequest> ScriptedUpstream::requests() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

std::size_t ScriptedUpstream::connections() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->accepted;
}

bool ScriptedUpstream::wait_for_requests(std::size_t count,
                                         std::chrono::milliseconds patience) const {
  return impl_->wait(patience, [this, count] { return impl_->seen.size() >= count; });
}

bool ScriptedUpstream::wait_for_disconnects(std::size_t count,
                                            std::chrono::milliseconds patience) const {
  return impl_->wait(patience, [this, count] { return impl_->disconnected >= count; });
}

bool ScriptedUpstream::wait_for_endings(std::size_t count,
                                        std::chrono::milliseconds patience) const {
  return impl_->wait(patience, [this, count] { return impl_->ended >= count; });
}

}  // namespace taskgate::test

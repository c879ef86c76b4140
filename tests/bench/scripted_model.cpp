// The upstream of the streaming rows: an OpenAI-compatible server (raw epoll, one thread) that says
// nothing but the time. The model's name is the script:
//
//   c1000u1000   1000 chunks, one every 1000 µs; each says when it was sent (stamps.hpp)
//   c300000u0    300000 chunks as fast as the socket takes them
//   hold         never answers
//
// GET /first answers once a completion has been asked for, with the time of the first one:
// {"first_ns":T}. The first line on stdout is {"listening":"http://127.0.0.1:PORT"}.

#include "listener.hpp"
#include "numbers.hpp"
#include "sockets.hpp"
#include "stamps.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::bench {
namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

/// One chunked-encoding chunk that holds one event of the stream.
std::string as_chunk(const std::string& data) {
  const std::string event = "data: " + data + "\n\n";
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", event.size());
  return size.data() + event + "\r\n";
}

std::string completion_chunk(const std::string& choice, const std::string& more = "") {
  return as_chunk(R"({"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,)"
                  R"("model":"bench","choices":[)" +
                  choice + "]" + more + "}");
}

std::string text_chunk(const std::string& text) {
  return completion_chunk(R"({"index":0,"delta":{"content":")" + text +
                          R"("},"logprobs":null,"finish_reason":null})");
}

std::string ending(int chunks) {
  const auto count = std::to_string(chunks);
  return completion_chunk(R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"})") +
         completion_chunk("", R"(,"usage":{"prompt_tokens":60,"completion_tokens":)" + count +
                                  R"(,"total_tokens":)" + std::to_string(chunks + 60) + "}") +
         as_chunk("[DONE]") + "0\r\n\r\n";
}

struct Script {
  int chunks = 0;
  std::uint64_t interval_ns = 0;
  bool hold = false;
};

Script read_script(std::string_view request) {
  constexpr std::string_view kKey = "\"model\":\"";
  const auto at = request.rfind(kKey);
  if (at == std::string_view::npos) throw std::runtime_error("a request without a model");
  auto name = request.substr(at + kKey.size());
  name = name.substr(0, name.find('"'));
  Script script;
  script.hold = name == "hold";
  if (script.hold) return script;
  const auto pace = name.find('u');
  if (!name.starts_with('c') || pace == std::string_view::npos) {
    throw std::runtime_error("no such model: " + std::string(name));
  }
  script.chunks = parse_number<int>(name.substr(1, pace - 1));
  script.interval_ns = parse_number<std::uint64_t>(name.substr(pace + 1)) * 1000;
  return script;
}

struct Client {
  Descriptor socket;
  std::string request;
  std::string out;
  std::size_t offset = 0;
  Script script;
  int sent = 0;               // chunks
  std::uint64_t next_ns = 0;  // when the next one is due
  bool streaming = false;
  bool blocked = false;
  bool curious = false;  // wants to know when the first completion was asked for
};

class ScriptedModel {
 public:
  ScriptedModel()
      : listener_(listen_loopback()),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        stamped_(text_chunk(std::string(kStampSize, '0') + " ")),
        stamp_at_(stamped_.find(std::string(kStampSize, '0'))),
        unstamped_(text_chunk(std::string(1, kStampMark) + "tok ")) {
    watch(listener_, &listener_, EPOLLIN, EPOLL_CTL_ADD);
    watch(timer_, &timer_, EPOLLIN, EPOLL_CTL_ADD);
  }

  unsigned port() const { return port_of(listener_); }

  [[noreturn]] void run() {
    for (;;) {
      wait();
      send_due();
      clients_.erase(std::remove_if(clients_.begin(), clients_.end(),
                                    [](const auto& each) { return !each->socket.open(); }),
                     clients_.end());
    }
  }

 private:
  void watch(const Descriptor& socket, void* owner, std::uint32_t what, int operation) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = owner;
    if (::epoll_ctl(epoll_.get(), operation, socket.get(), &event) != 0) throw_errno("epoll_ctl");
  }

  void wait() {
    std::array<epoll_event, 256> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == &listener_) {
        accept_all();
      } else if (event.data.ptr == &timer_) {
        std::uint64_t expirations = 0;
        (void)!::read(timer_.get(), &expirations, sizeof expirations);  // what is due is asked next
      } else {
        handle(*static_cast<Client*>(event.data.ptr), event.events);
      }
    }
  }

  void accept_all() {
    for (;;) {
      auto socket = accept_from(listener_);
      if (!socket.open()) return;
      auto client = std::make_unique<Client>();
      client->socket = std::move(socket);
      watch(client->socket, client.get(), EPOLLIN, EPOLL_CTL_ADD);
      clients_.push_back(std::move(client));
    }
  }

  void handle(Client& client, std::uint32_t what) {
    if (!client.socket.open()) return;
    if ((what & EPOLLOUT) != 0) flush(client);
    if (client.socket.open() && (what & ~std::uint32_t{EPOLLOUT}) != 0) receive(client);
  }

  void receive(Client& client) {
    std::array<char, 16384> buffer{};
    const auto count = ::recv(client.socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return client.socket.reset();
    client.request.append(buffer.data(), static_cast<std::size_t>(count));
    const auto end = client.request.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const auto length =
        find_field(std::string_view(client.request).substr(0, end), "Content-Length");
    const std::size_t body = length.empty() ? 0 : parse_number<std::size_t>(length);
    if (client.request.size() < end + 4 + body) return;
    answer(client);
    client.request.clear();
  }

  void answer(Client& client) {
    if (client.request.starts_with("GET")) {
      client.curious = true;
      return tell_curious();
    }
    const auto now = nanoseconds_now();
    if (first_ns_ == 0) first_ns_ = now;
    tell_curious();
    client.script = read_script(client.request);
    if (client.script.hold) return;
    client.sent = 0;
    client.streaming = true;
    client.out += kHead;
    client.next_ns = now;
    if (client.script.interval_ns == 0) return flush(client);
    send_next(client, now);
  }

  void tell_curious() {
    if (first_ns_ == 0) return;
    const std::string body = "{\"first_ns\":" + std::to_string(first_ns_) + "}";
    for (auto& each : clients_) {
      if (!std::exchange(each->curious, false)) continue;
      each->out += "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body;
      flush(*each);
    }
  }

  void send_next(Client& client, std::uint64_t now) {
    write_stamp(stamped_.data() + stamp_at_, now);
    client.out += stamped_;
    client.next_ns += client.script.interval_ns;
    if (++client.sent >= client.script.chunks) finish(client);
    flush(client);
  }

  void finish(Client& client) {
    client.streaming = false;
    client.out += ending(client.script.chunks);
  }

  /// Writes what is due and sets the alarm for what comes next.
  void send_due() {
    std::uint64_t earliest = 0;
    for (auto& each : clients_) {
      if (!each->streaming || each->script.interval_ns == 0) continue;
      while (each->streaming && each->next_ns <= nanoseconds_now()) {
        send_next(*each, nanoseconds_now());
      }
      if (each->streaming && (earliest == 0 || each->next_ns < earliest)) earliest = each->next_ns;
    }
    constexpr std::uint64_t kSecond = 1'000'000'000;
    itimerspec alarm{};
    alarm.it_value.tv_sec = static_cast<time_t>(earliest / kSecond);
    alarm.it_value.tv_nsec = static_cast<long>(earliest % kSecond);
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &alarm, nullptr);  // all zero: disarmed
  }

  /// One send a chunk, as a model's server flushes every token.
  void refill(Client& client) {
    if (!client.streaming || client.script.interval_ns != 0 || !client.out.empty()) return;
    client.out = unstamped_;
    if (++client.sent >= client.script.chunks) finish(client);
  }

  void flush(Client& client) {
    for (refill(client); !client.out.empty(); refill(client)) {
      const auto count = ::send(client.socket.get(), client.out.data() + client.offset,
                                client.out.size() - client.offset, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) return set_blocked(client, true);
      if (count < 0) return client.socket.reset();
      client.offset += static_cast<std::size_t>(count);
      if (client.offset < client.out.size()) continue;
      client.out.clear();
      client.offset = 0;
    }
    set_blocked(client, false);
  }

  void set_blocked(Client& client, bool blocked) {
    if (client.blocked == blocked) return;
    client.blocked = blocked;
    watch(client.socket, &client, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }

  Descriptor listener_;
  Descriptor epoll_;
  Descriptor timer_;
  std::string stamped_;  // one chunk; its stamp is written over
  std::size_t stamp_at_;
  std::string unstamped_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t first_ns_ = 0;  // 0: not yet
};

}  // namespace
}  // namespace taskgate::bench

int main() {
  using namespace taskgate::bench;
  try {
    raise_descriptor_limit();
    ScriptedModel model;
    std::printf("{\"listening\":\"http://127.0.0.1:%u\"}\n", model.port());
    std::fflush(stdout);
    model.run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "taskgate_bench_model: %s\n", failure.what());
    return 1;
  }
}

// The limit for fan-out: a raw epoll server that writes one prepared frame after the other to every
// stream that is open, as fast as the sockets take them, one send a frame. No log, no store, no
// library.
//
//   taskgate_bench_fanout --frame FILE --frames N
//
// GET opens a stream; POST /go starts the writing to the streams that are open then. The first line
// on stdout is {"listening":"http://127.0.0.1:PORT"}.

#include "listener.hpp"
#include "numbers.hpp"
#include "sockets.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::bench {
namespace {

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-cache, no-transform\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kStreamEnd = "0\r\n\r\n";
constexpr std::string_view kGone =
    "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

struct Stream {
  Descriptor socket;
  int cursor = 0;  // frames written; past the last one the end of the chunked body
  std::size_t offset = 0;
  bool blocked = false;
};

class FanoutServer {
 public:
  FanoutServer(std::string frame, int frames) : chunk_(as_chunk(frame)), frames_(frames) {
    listener_ = listen_loopback();
    epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    watch(listener_, nullptr, EPOLLIN, EPOLL_CTL_ADD);
  }

  unsigned port() const { return port_of(listener_); }

  [[noreturn]] void run() {
    for (;;) {
      wait(behind_ > blocked_ ? 0 : -1);
      if (behind_ > blocked_) write_round();
    }
  }

 private:
  static std::string as_chunk(const std::string& frame) {
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", frame.size());
    return size.data() + frame + "\r\n";
  }

  void watch(const Descriptor& socket, Stream* stream, std::uint32_t what, int operation) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = stream;
    if (::epoll_ctl(epoll_.get(), operation, socket.get(), &event) != 0) throw_errno("epoll_ctl");
  }

  void wait(int patience) {
    std::array<epoll_event, 256> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      auto* stream = static_cast<Stream*>(event.data.ptr);
      if (stream == nullptr) {
        accept_all();
      } else if ((event.events & EPOLLOUT) != 0) {
        stream->blocked = false;
        --blocked_;
        watch(stream->socket, stream, EPOLLIN, EPOLL_CTL_MOD);
      } else {
        read_request(*stream);
      }
    }
  }

  void accept_all() {
    for (;;) {
      auto socket = accept_from(listener_);
      if (!socket.open()) return;
      auto stream = std::make_unique<Stream>();
      stream->cursor = frames_ + 1;  // nothing owed until it is started
      stream->socket = std::move(socket);
      watch(stream->socket, stream.get(), EPOLLIN, EPOLL_CTL_ADD);
      streams_.push_back(std::move(stream));
    }
  }

  /// A request comes in one piece here: both ends are ours.
  void read_request(Stream& stream) {
    std::array<char, 4096> buffer{};
    const auto count = ::recv(stream.socket.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return close(stream);
    const bool go = buffer[0] == 'P';
    const auto answer = go ? kGone : kStreamHead;
    ::send(stream.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    if (!go) {
      stream.cursor = -1;  // open, and not yet started
      return;
    }
    for (auto& each : streams_) {
      if (each->cursor != -1) continue;
      each->cursor = 0;
      ++behind_;
    }
  }

  void close(Stream& stream) {
    if (stream.cursor >= 0 && stream.cursor <= frames_) --behind_;
    if (stream.blocked) --blocked_;
    stream.cursor = frames_ + 1;
    stream.blocked = false;
    stream.socket.reset();
  }

  void write_round() {
    for (auto& each : streams_) {
      if (each->cursor >= 0 && each->cursor <= frames_ && !each->blocked) write_one(*each);
    }
  }

  void write_one(Stream& stream) {
    const std::string_view what = stream.cursor < frames_ ? std::string_view(chunk_) : kStreamEnd;
    const auto count = ::send(stream.socket.get(), what.data() + stream.offset,
                              what.size() - stream.offset, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return close(stream);
    if (count > 0) stream.offset += static_cast<std::size_t>(count);
    if (stream.offset < what.size()) {
      stream.blocked = true;
      ++blocked_;
      return watch(stream.socket, &stream, EPOLLOUT, EPOLL_CTL_MOD);
    }
    stream.offset = 0;
    if (++stream.cursor > frames_) --behind_;
  }

  std::string chunk_;
  int frames_;
  Descriptor listener_;
  Descriptor epoll_;
  std::vector<std::unique_ptr<Stream>> streams_;
  int behind_ = 0;   // streams with something left to write
  int blocked_ = 0;  // of these, the ones whose socket is full
};

}  // namespace
}  // namespace taskgate::bench

int main(int argc, char** argv) {
  using namespace taskgate::bench;
  try {
    std::string frame = "id: 42\nevent: output.delta\ndata: " + std::string(150, 'x') + "\n\n";
    int frames = 100;
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string_view flag = argv[i];
      if (flag == "--frames") frames = parse_number<int>(argv[i + 1]);
      if (flag == "--frame") {
        std::ifstream file(argv[i + 1], std::ios::binary);
        frame.assign(std::istreambuf_iterator<char>(file), {});
      }
    }
    raise_descriptor_limit();
    FanoutServer server(std::move(frame), frames);
    std::printf("{\"listening\":\"http://127.0.0.1:%u\"}\n", server.port());
    std::fflush(stdout);
    server.run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "taskgate_bench_fanout: %s\n", failure.what());
    return 1;
  }
}

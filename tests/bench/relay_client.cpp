#include "relay_client.hpp"

#include "histogram.hpp"
#include "probe.hpp"
#include "sockets.hpp"
#include "stamps.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace taskgate::bench {
namespace {

constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";
constexpr std::size_t kRelayBuffer = 256 * 1024;

/// One answer, from its request to its end.
struct Reader {
  Descriptor socket;
  std::string kept;  // what was read and is not yet understood
  std::string ending;
  std::uint64_t asked_ns = 0;
  std::uint64_t accepted_ns = 0;
  int chunks = 0;
  int repeats_left = 0;
  bool submitted = false;  // a 202 is awaited
  bool open = false;       // the stream's head has come
};

class Readers {
 public:
  explicit Readers(const RelayPlan& plan)
      : plan_(plan),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        buffer_(kRelayBuffer),
        deadline_ns_(nanoseconds_now() +
                     static_cast<std::uint64_t>(std::chrono::nanoseconds(plan.limit).count())) {
    if (!epoll_.open()) throw_errno("epoll_create1");
  }

  RelayResult run() {
    const auto begun = nanoseconds_now();
    for (int i = 0; i < plan_.streams; ++i) {
      readers_.push_back(std::make_unique<Reader>());
      readers_.back()->repeats_left = plan_.repeats;
      begin(*readers_.back());
    }
    while (busy_ > 0) wait_once();
    result_.seconds = static_cast<double>(last_chunk_ns_ - begun) / 1e9;
    result_.chunk_p50_us = under_way_.quantile_us(0.50);
    result_.chunk_p99_us = under_way_.quantile_us(0.99);
    result_.first_p50_us = first_.quantile_us(0.50);
    result_.first_p99_us = first_.quantile_us(0.99);
    result_.start_p50_us = start_.quantile_us(0.50);
    result_.start_p99_us = start_.quantile_us(0.99);
    result_.asked_p50_us = asked_.quantile_us(0.50);
    result_.asked_p99_us = asked_.quantile_us(0.99);
    return result_;
  }

 private:
  bool through_taskgate() const { return plan_.through == RelayPlan::Through::taskgate; }

  void begin(Reader& reader) {
    const int left = reader.repeats_left - 1;
    reader = Reader();
    reader.repeats_left = left;
    reader.submitted = through_taskgate();
    reader.socket = connect_loopback(plan_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &reader;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, reader.socket.get(), &event) != 0) {
      throw_errno("epoll_ctl");
    }
    ++busy_;
    reader.asked_ns = nanoseconds_now();
    send_whole(reader, request_with_own_key());
  }

  /// A repeated Idempotency-Key would bring the first task back.
  std::string request_with_own_key() {
    if (!through_taskgate()) return plan_.request;
    constexpr std::string_view kField = "Idempotency-Key: \"";
    std::string request = plan_.request;
    const auto at = request.find(kField) + kField.size();
    std::array<char, kStampSize> number{};
    last_key_ = std::max(last_key_ + 1, nanoseconds_now());
    write_stamp(number.data(), last_key_);
    std::copy_n(number.begin() + 1, kStampDigits,
                request.begin() + static_cast<std::ptrdiff_t>(at));
    return request;
  }

  static void send_whole(const Reader& reader, std::string_view request) {
    const auto sent = ::send(reader.socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) throw_errno("send");
  }

  void wait_once() {
    if (nanoseconds_now() >= deadline_ns_) {
      throw std::runtime_error("the streams ran out of time after " +
                               std::to_string(result_.chunks) + " chunks");
    }
    std::array<epoll_event, 256> events{};
    constexpr int kTickMs = 100;
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), kTickMs);
    for (int i = 0; i < count; ++i) {
      receive(*static_cast<Reader*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

  void receive(Reader& reader) {
    const auto count = ::recv(reader.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto now = nanoseconds_now();
    if (count <= 0) return end(reader);
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
    if (reader.submitted) return take_acceptance(reader, bytes, now);
    take_stream(reader, bytes, now);
    reader.ending += bytes.substr(bytes.size() - std::min(bytes.size(), kLastChunk.size()));
    if (reader.ending.ends_with(kLastChunk)) return end(reader);
    reader.ending.erase(0,
                        reader.ending.size() - std::min(reader.ending.size(), kLastChunk.size()));
  }

  void take_acceptance(Reader& reader, std::string_view bytes, std::uint64_t now) {
    reader.kept += bytes;
    const auto blank = reader.kept.find("\r\n\r\n");
    if (blank == std::string::npos) return;
    const auto length =
        find_field(std::string_view(reader.kept).substr(0, blank), "Content-Length");
    std::size_t body = 0;
    std::from_chars(length.data(), length.data() + length.size(), body);
    if (reader.kept.size() < blank + 4 + body) return;
    if (reader.kept.compare(9, 3, "202") != 0) {
      throw std::runtime_error("a task was refused: " + reader.kept);
    }
    reader.accepted_ns = now;
    const auto id = string_member(std::string_view(reader.kept).substr(blank), "id");
    reader.kept.clear();
    reader.submitted = false;
    send_whole(reader, make_get("/tasks/" + id + "/stream"));
  }

  void take_stream(Reader& reader, std::string_view bytes, std::uint64_t now) {
    if (!reader.open) {
      reader.kept += bytes;
      const auto blank = reader.kept.find("\r\n\r\n");
      if (blank == std::string::npos) return;
      if (reader.kept.compare(9, 3, "200") != 0) {
        throw std::runtime_error("a stream was refused: " + reader.kept);
      }
      reader.open = true;
      const std::string rest = reader.kept.substr(blank + 4);
      reader.kept.clear();
      return count_chunks(reader, rest, now);
    }
    count_chunks(reader, bytes, now);
  }

  // The final event repeats the whole text: what comes after the last chunk is not looked at.
  void count_chunks(Reader& reader, std::string_view bytes, std::uint64_t now) {
    if (plan_.stamps == RelayPlan::Stamps::counted) {
      for (auto at = bytes.find(kStampMark);
           at != std::string_view::npos && reader.chunks < plan_.chunks;
           at = bytes.find(kStampMark, at + 1)) {
        take_chunk(reader, now, now);
      }
      return;
    }
    reader.kept += bytes;
    std::size_t done = 0;
    while (reader.chunks < plan_.chunks) {
      const auto at = reader.kept.find(kStampMark, done);
      done = std::min(at, reader.kept.size());
      const auto stamp = read_stamp(std::string_view(reader.kept).substr(done));
      if (!stamp) break;
      done += kStampSize;
      take_chunk(reader, *stamp, now);
    }
    if (reader.chunks >= plan_.chunks) done = reader.kept.size();
    reader.kept.erase(0, done);
  }

  void take_chunk(Reader& reader, std::uint64_t sent_ns, std::uint64_t now) {
    ++result_.chunks;
    last_chunk_ns_ = now;
    if (reader.chunks++ == 0) {
      first_.add(now - reader.asked_ns);
      asked_.add(sent_ns - reader.asked_ns);
      start_.add(sent_ns > reader.accepted_ns ? sent_ns - reader.accepted_ns : 0);
    }
    if (reader.chunks > plan_.skip) under_way_.add(now - sent_ns);
  }

  void end(Reader& reader) {
    if (reader.chunks != plan_.chunks) {
      throw std::runtime_error("a stream ended after " + std::to_string(reader.chunks) + " of " +
                               std::to_string(plan_.chunks) + " chunks: " + reader.kept);
    }
    reader.socket.reset();
    --busy_;
    if (reader.repeats_left > 0) begin(reader);
  }

  const RelayPlan& plan_;
  Descriptor epoll_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Reader>> readers_;
  Histogram under_way_;
  Histogram first_;
  Histogram start_;
  Histogram asked_;
  RelayResult result_;
  std::uint64_t deadline_ns_;
  std::uint64_t last_chunk_ns_ = 0;
  std::uint64_t last_key_ = 0;
  int busy_ = 0;
};

}  // namespace

RelayResult run_relay(const RelayPlan& plan) {
  auto readers = std::make_unique<Readers>(plan);
  return readers->run();
}

}  // namespace taskgate::bench

#include "load.hpp"

#include "histogram.hpp"
#include "sockets.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string_view>

namespace taskgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(10);  // for the last answers
constexpr std::size_t kReadSize = 64 * 1024;

/// Where an answer stands; `need` is its whole size once the head is there.
struct Answer {
  std::string bytes;
  std::size_t need = 0;
  unsigned status = 0;

  /// True when the answer is complete; the next one may already follow.
  bool complete() {
    if (need == 0 && !read_head()) return false;
    return bytes.size() >= need;
  }
  void next() {
    bytes.erase(0, need);
    need = 0;
  }

 private:
  bool read_head() {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view head(bytes.data(), end);
    if (head.size() < 12) throw std::runtime_error("the answer is not HTTP");
    std::from_chars(head.data() + 9, head.data() + 12, status);
    const auto length = find_field(head, "Content-Length");
    std::size_t body = 0;
    std::from_chars(length.data(), length.data() + length.size(), body);
    if (length.empty() && status != 204 && status != 304) {
      throw std::runtime_error("an answer without Content-Length cannot be counted");
    }
    need = end + 4 + body;
    return true;
  }
};

struct Connection {
  Descriptor socket;
  Answer answer;
  std::string request;
  std::size_t sent = 0;
  Clock::time_point begun;
  bool waiting = false;  // an answer is owed
  bool blocked = false;  // the kernel's buffer is full: EPOLLOUT is asked for
};

class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_.open()) throw_errno("epoll_create1");
    if (plan.requests.empty()) throw std::runtime_error("no requests");
    std::random_device entropy;
    run_ = (std::uint64_t{entropy()} << 32) | entropy();
  }

  LoadResult run() {
    open_connections();
    const auto start = Clock::now();
    count_from_ = start + plan_.warmup;
    count_to_ = count_from_ + plan_.duration;
    for (auto& connection : connections_) send_next(*connection);
    while (Clock::now() < count_to_ && waiting_ > 0) wait_until(count_to_);
    stopping_ = true;
    const auto give_up = Clock::now() + kPatience;
    while (waiting_ > 0 && Clock::now() < give_up) wait_until(give_up);
    result_.broken += static_cast<std::uint64_t>(waiting_);
    result_.seconds = std::chrono::duration<double>(plan_.duration).count();
    result_.p50_us = latencies_.quantile_us(0.50);
    result_.p99_us = latencies_.quantile_us(0.99);
    return result_;
  }

 private:
  void open_connections() {
    connections_.reserve(static_cast<std::size_t>(plan_.connections));
    for (int i = 0; i < plan_.connections; ++i) {
      auto connection = std::make_unique<Connection>();
      connection->socket = connect_loopback(plan_.port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = connection.get();
      if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->socket.get(), &event) != 0) {
        throw_errno("epoll_ctl");
      }
      connections_.push_back(std::move(connection));
    }
  }

  void wait_until(Clock::time_point end) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    const int patience = static_cast<int>(std::max<std::int64_t>(0, left.count())) + 1;
    std::array<epoll_event, 256> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if ((events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0) flush(connection);
      if ((events[static_cast<std::size_t>(i)].events & ~std::uint32_t{EPOLLOUT}) != 0) {
        receive(connection);
      }
    }
  }

  void send_next(Connection& connection) {
    connection.request = plan_.requests[sequence_ % plan_.requests.size()];
    ++sequence_;
    if (plan_.key_offset) write_key(connection.request.data() + *plan_.key_offset);
    connection.sent = 0;
    connection.begun = Clock::now();
    connection.waiting = true;
    ++waiting_;
    flush(connection);
  }

  /// The run's random half, then the request's number: unique over runs and within one.
  void write_key(char* out) const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::uint64_t high = run_;
    std::uint64_t low = sequence_;
    for (std::size_t i = kKeyDigits; i-- > kKeyDigits / 2; low >>= 4) out[i] = kDigits[low & 15];
    for (std::size_t i = kKeyDigits / 2; i-- > 0; high >>= 4) out[i] = kDigits[high & 15];
  }

  void flush(Connection& connection) {
    while (connection.sent < connection.request.size()) {
      const auto count =
          ::send(connection.socket.get(), connection.request.data() + connection.sent,
                 connection.request.size() - connection.sent, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) return set_blocked(connection, true);
      if (count < 0) return drop(connection);
      connection.sent += static_cast<std::size_t>(count);
    }
    if (connection.blocked) set_blocked(connection, false);
  }

  void set_blocked(Connection& connection, bool blocked) {
    connection.blocked = blocked;
    epoll_event event{};
    event.events = EPOLLIN;
    if (blocked) event.events |= EPOLLOUT;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
  }

  void receive(Connection& connection) {
    if (!connection.socket.open()) return;
    const auto count = ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return drop(connection);
    connection.answer.bytes.append(buffer_.data(), static_cast<std::size_t>(count));
    if (!connection.answer.complete()) return;
    const auto now = Clock::now();
    account(connection, now);
    connection.answer.next();
    connection.waiting = false;
    --waiting_;
    if (!stopping_ && now < count_to_) send_next(connection);
  }

  void account(const Connection& connection, Clock::time_point now) {
    if (connection.answer.status != plan_.expected_status) {
      ++result_.other_status;
      if (result_.first_other_status == 0) result_.first_other_status = connection.answer.status;
      return;
    }
    ++result_.total;
    if (now < count_from_ || now >= count_to_) return;
    ++result_.completed;
    latencies_.add(static_cast<std::uint64_t>((now - connection.begun).count()));
  }

  void drop(Connection& connection) {
    ++result_.broken;
    if (connection.waiting) --waiting_;
    connection.waiting = false;
    connection.socket.reset();  // leaves the epoll set with it
  }

  const LoadPlan& plan_;
  Descriptor epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::array<char, kReadSize> buffer_{};
  Histogram latencies_;
  LoadResult result_;
  Clock::time_point count_from_;
  Clock::time_point count_to_;
  std::uint64_t run_ = 0;
  std::uint64_t sequence_ = 0;
  int waiting_ = 0;
  bool stopping_ = false;
};

}  // namespace

LoadResult run_load(const LoadPlan& plan) {
  auto load = std::make_unique<Load>(plan);
  return load->run();
}

}  // namespace taskgate::bench

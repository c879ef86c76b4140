#include "follow.hpp"

#include "sockets.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace taskgate::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFrame = "\nevent: ";  // one in each frame that has an event name
constexpr std::string_view kEnd = "\r\n0\r\n\r\n";
constexpr int kConnectsAtOnce = 128;
constexpr std::size_t kBufferSize = 256 * 1024;

struct Follower {
  Descriptor socket;
  std::string head;       // until the blank line
  bool answered = false;  // the head is there
  bool open = false;      // and the frames that come with it
  bool ended = false;
  int greeting = 0;  // frames of the greeting so far
  // The last bytes seen, so that a pattern cut in two by a read is still found.
  std::array<char, 8> tail{};
  std::size_t tail_size = 0;
};
static_assert(kFrame.size() - 1 <= 8 && kEnd.size() - 1 <= 8);

class Crowd {
 public:
  explicit Crowd(const FollowPlan& plan)
      : plan_(plan),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        buffer_(kBufferSize),
        deadline_(Clock::now() + plan.limit) {
    if (!epoll_.open()) throw_errno("epoll_create1");
  }

  FollowResult run() {
    while (result_.opened < plan_.streams) open_some();
    if (plan_.when_open) plan_.when_open();
    if (plan_.until == FollowPlan::Until::open) return result_;
    while (result_.ended < plan_.streams) wait_once();
    result_.seconds = std::chrono::duration<double>(last_end_ - first_frame_).count();
    return result_;
  }

 private:
  void open_some() {
    const int wanted = std::min(plan_.streams, result_.opened + kConnectsAtOnce);
    while (static_cast<int>(followers_.size()) < wanted) add_follower();
    while (result_.opened < wanted) wait_once();
  }

  void add_follower() {
    auto follower = std::make_unique<Follower>();
    follower->socket = connect_loopback(plan_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = follower.get();
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, follower->socket.get(), &event) != 0) {
      throw_errno("epoll_ctl");
    }
    const auto sent =
        ::send(follower->socket.get(), plan_.request.data(), plan_.request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(plan_.request.size())) throw_errno("send");
    followers_.push_back(std::move(follower));
  }

  void wait_once() {
    if (Clock::now() >= deadline_) {
      throw std::runtime_error("followers ran out of time: " + std::to_string(result_.opened) +
                               " opened, " + std::to_string(result_.ended) + " ended");
    }
    std::array<epoll_event, 256> events{};
    constexpr int kTickMs = 100;
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), kTickMs);
    for (int i = 0; i < count; ++i) {
      receive(*static_cast<Follower*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

  void receive(Follower& follower) {
    // What was left of the last read stands before the new bytes.
    std::copy_n(follower.tail.data(), follower.tail_size, buffer_.data());
    const auto count = ::recv(follower.socket.get(), buffer_.data() + follower.tail_size,
                              buffer_.size() - follower.tail_size, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return end(follower);
    std::string_view bytes(buffer_.data(), follower.tail_size + static_cast<std::size_t>(count));
    if (!follower.answered) return read_head(follower, bytes);
    count_frames(follower, bytes);
  }

  void read_head(Follower& follower, std::string_view bytes) {
    follower.head += bytes;
    const auto blank = follower.head.find("\r\n\r\n");
    if (blank == std::string::npos) return;
    if (follower.head.compare(9, 3, "200") != 0) {
      throw std::runtime_error("a stream was refused: " + follower.head);
    }
    follower.answered = true;
    note_open(follower);
    const std::string rest = follower.head.substr(blank);
    std::string().swap(follower.head);
    count_frames(follower, rest);
  }

  void note_open(Follower& follower) {
    if (follower.greeting < plan_.greeting_frames) return;
    follower.open = true;
    ++result_.opened;
  }

  /// `bytes` begins with the tail of what was counted before, which is too short for a pattern.
  void count_frames(Follower& follower, std::string_view bytes) {
    const auto before = result_.frames;
    std::size_t counted_to = 0;
    for (auto at = bytes.find(kFrame); at != std::string_view::npos;
         at = bytes.find(kFrame, counted_to)) {
      counted_to = at + kFrame.size();
      if (!follower.open) {
        ++follower.greeting;
        note_open(follower);
      } else {
        ++result_.frames;
      }
    }
    if (before == 0 && result_.frames > 0) first_frame_ = Clock::now();
    if (bytes.ends_with(kEnd)) return end(follower);
    const auto keep = std::min(bytes.size() - counted_to, kFrame.size() - 1);
    follower.tail_size = keep;
    std::copy_n(bytes.end() - static_cast<std::ptrdiff_t>(keep), keep, follower.tail.data());
  }

  void end(Follower& follower) {
    if (follower.ended) return;
    if (!follower.open) throw std::runtime_error("a stream was closed before its head came");
    follower.ended = true;
    follower.socket.reset();
    ++result_.ended;
    last_end_ = Clock::now();
  }

  const FollowPlan& plan_;
  Descriptor epoll_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Follower>> followers_;
  FollowResult result_;
  Clock::time_point deadline_;
  Clock::time_point first_frame_;
  Clock::time_point last_end_;
};

}  // namespace

FollowResult run_follow(const FollowPlan& plan) {
  raise_descriptor_limit();
  Crowd crowd(plan);
  return crowd.run();
}

}  // namespace taskgate::bench

#pragma once
// The few socket calls that the load generator, the probes and the epoll peer share.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace taskgate::bench {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// Throws std::system_error with `what` and errno.
[[noreturn]] void throw_errno(const std::string& what);

/// A connected, non-blocking socket with TCP_NODELAY to 127.0.0.1:port. Throws.
Descriptor connect_loopback(std::uint16_t port);

/// Raises the soft limit of open files to the hard one, and says what it is now.
std::size_t raise_descriptor_limit();

/// The value of a header field in a response's head, or an empty view.
std::string_view find_field(std::string_view head, std::string_view name);

}  // namespace taskgate::bench

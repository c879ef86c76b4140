#pragma once
// Where the server listens at the moment: said by whoever starts and kills it, asked by clients.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace taskgate::crash {

/// One life of the server.
struct Life {
  std::uint16_t port = 0;
  int number = 0;  ///< 1, 2, 3 …
};

/// Whether a life's end is said before it comes.
enum class Announcement : std::uint8_t {
  first,  ///< by down(): a connection that breaks before was broken by the server itself
  none    ///< it may end at any moment: then a broken connection is the end of the life
};

/// Thread-safe.
class ServerAddress {
 public:
  void up(std::uint16_t port, Announcement announcement = Announcement::first);
  /// To be called before the signal is sent: a connection that breaks before was broken by the
  /// server itself.
  void down();
  /// Ends all waits; next_life() gives nullopt from then on.
  void stop();

  /// The life with a number above `after`, once there is one; nullopt when stopped.
  std::optional<Life> next_life(int after);
  bool is_up(const Life& life) const;
  /// A connection broke: whether the server was to be up then.
  bool may_blame(const Life& life) const;
  /// Lets `pause` pass; false as soon as that life is over.
  bool pause(const Life& life, std::chrono::microseconds pause) const;

 private:
  mutable std::mutex mutex_;  // guards all
  mutable std::condition_variable changed_;
  Life life_;
  Announcement announcement_ = Announcement::first;
  bool is_up_ = false;
  bool stopped_ = false;
};

}  // namespace taskgate::crash

#pragma once
// A client that follows one task's stream as a browser would: over every end of the connection and
// of the server, by its cursor, until it is told to stop.

#include "crash/server_address.hpp"
#include "support/fragile_client.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::crash {

class Follower {
 public:
  /// Follows from construction on; the address outlives it.
  Follower(ServerAddress& address, std::string id);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// Returns when the server said that nothing more comes, or the address was stopped.
  void join();
  const std::string& id() const { return id_; }
  std::size_t seen() const { return seen_; }
  int connections() const { return connections_; }
  bool was_told_to_stop() const { return told_to_stop_; }
  /// After join().
  const std::vector<test::StreamedEvent>& events() const { return events_; }

 private:
  void run(ServerAddress& address);

  std::string id_;
  std::vector<test::StreamedEvent> events_;
  std::atomic<std::size_t> seen_{0};
  std::atomic<int> connections_{0};
  std::atomic<bool> told_to_stop_{false};
  std::thread thread_;
};

}  // namespace taskgate::crash

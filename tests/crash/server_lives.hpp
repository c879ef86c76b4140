#pragma once
// The real program over all its lives on one database, and the last questions that every test of
// such lives ends with.

#include "crash/collect.hpp"
#include "crash/history.hpp"
#include "crash/webhook_receiver.hpp"
#include "support/program.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::crash {

/// One database, one life after the other. For one thread.
class ServerLives {
 public:
  /// The database lies in `folder`; retries are quick, and webhooks may go to this machine.
  ServerLives(const std::filesystem::path& program, const std::filesystem::path& folder);

  /// Settings of the lives to come, over the usual ones.
  std::map<std::string, std::string>& environment() { return settings_.environment; }
  /// A command that the program runs under, e.g. {"strace", "-f"}.
  void run_under(std::vector<std::string> command);
  void run_directly() { under_.clear(); }

  void spawn();
  /// Throws when the program does not come up.
  std::uint16_t wait_listening();
  std::uint16_t start();
  /// Of the life that listens.
  std::uint16_t port() const { return port_; }
  test::Program& program() { return *program_; }
  /// SIGTERM; anything but a clean exit is a contradiction.
  void stop_cleanly(History& history);
  std::chrono::milliseconds slowest_start() const { return slowest_start_; }
  std::filesystem::path database() const { return folder_ / "crash.db"; }

 private:
  std::filesystem::path folder_;
  test::ProgramOptions settings_;
  std::vector<std::string> under_;
  std::unique_ptr<test::Program> program_;
  std::uint16_t port_ = 0;
  std::chrono::milliseconds slowest_start_{0};
};

struct Finding {
  Outcome outcome;
  std::string unsettled;  ///< what did not come about in time; empty: everything did
};

/// One clean life to end everything in, and another to read what was kept.
Finding settle_and_collect(ServerLives& server, History& history, const WebhookReceiver& receiver);

/// Prints one invariant and the first of what contradicts it; returns the number of violations.
std::size_t print_violations(std::string_view name, const std::vector<std::string>& found);
/// Prints every invariant likewise.
std::size_t report(const History& history, const Finding& finding);

}  // namespace taskgate::crash

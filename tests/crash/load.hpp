#pragma once
// Clients that keep a server busy with a mix of tasks, note what they were told, and take up again
// after each of its deaths.

#include "crash/history.hpp"
#include "crash/server_address.hpp"
#include "support/fragile_client.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::crash {

struct LoadOptions {
  std::uint64_t seed = 1;
  int clients = 4;
  int tasks_per_life = 150;  ///< new tasks of all clients together between two deaths
  std::string webhook_url;
};

/// Answers by kind, for the summary.
struct LoadCounts {
  std::atomic<std::size_t> accepted{0};
  std::atomic<std::size_t> broken{0};    ///< requests whose connection broke
  std::atomic<std::size_t> replayed{0};  ///< repeated submissions that were acknowledged
  std::atomic<std::size_t> refused{0};   ///< 429 and 503
  std::atomic<std::size_t> cut_streams{0};
};

/// Runs from construction to stop().
class Load {
 public:
  Load(ServerAddress& address, History& history, LoadOptions options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Ends the clients; the address must have been stopped, or every client be between two requests.
  void stop();
  /// A new life: its allowance of new tasks.
  void renew_allowance() { renew_allowance(options_.tasks_per_life); }
  void renew_allowance(int tasks) { allowance_ = tasks; }
  const LoadCounts& counts() const { return counts_; }

 private:
  class Client;
  void run_client(int number);
  void run_reader(int number);

  ServerAddress& address_;
  History& history_;
  LoadOptions options_;
  LoadCounts counts_;
  std::atomic<int> allowance_{0};
  std::vector<std::thread> threads_;
};

/// The request that submits it (again).
test::ApiRequest submit_request(const Submission& submission);

/// Notes what a submission's answer says. False when it says neither accepted nor "later".
bool note_submit_answer(History& history, std::size_t index, const test::RawResponse& answer);

test::ApiRequest cancel_request(const std::string& task_id);

/// Notes what a cancel's answer promises. False when it is no answer of success.
bool note_cancel_answer(History& history, std::size_t index, const test::RawResponse& answer);

/// A page of events as the JSON page or a stream has them: number, type, the whole object's text.
std::vector<test::StreamedEvent> events_of_page(const std::string& page);

}  // namespace taskgate::crash

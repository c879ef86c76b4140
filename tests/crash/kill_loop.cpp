// Kills the real program with SIGKILL at random moments under load, again and again, and then asks
// whether it kept its promises. Exit code 0: it did. The seed is printed; --seed repeats the
// choices (not the machine's timing).
//
//   kill_loop [--kills N] [--seed S] [--program FILE] [--keep]
//
// TASKGATE_KILLS and TASKGATE_SEED do the same as the flags.

#include "crash/load.hpp"
#include "crash/proof_options.hpp"
#include "crash/server_lives.hpp"

#include <signal.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <random>
#include <stdexcept>

namespace taskgate::crash {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Lets the server live for a while and kills it: mostly under load, now and then while it starts,
// or while it drains after a SIGTERM.
class Killer {
 public:
  Killer(ServerLives& server, ServerAddress& address, Load& load, std::uint64_t seed)
      : server_(server), address_(address), load_(load), random_(seed) {}

  void live_and_die() {
    server_.spawn();
    const double manner = fraction();
    if (manner < 0.15) {
      (void)server_.program().wait_exit(milliseconds(static_cast<int>(fraction() * 80)));
    } else {
      live();
    }
    address_.down();
    if (manner > 0.85) {
      server_.program().send_signal(SIGTERM);
      (void)server_.program().wait_exit(milliseconds(static_cast<int>(fraction() * 100)));
    }
    server_.program().kill();
  }

 private:
  void live() {
    load_.renew_allowance();
    address_.up(server_.wait_listening());
    // From 5 to 1000 ms, the short lives as likely as the long ones.
    const auto life = milliseconds(static_cast<int>(5 * std::pow(200, fraction())));
    if (const auto end = server_.program().wait_exit(life))
      throw std::runtime_error("the program ended by itself: " + to_string(*end) + "\n" +
                               server_.program().log_tail());
  }

  double fraction() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }

  ServerLives& server_;
  ServerAddress& address_;
  Load& load_;
  std::mt19937_64 random_;
};

int run(const ProofOptions& options) {
  const auto begun = Clock::now();
  std::cout << "kill_loop: " << options.count << " kills, seed " << options.seed << std::endl;
  test::ScratchFolder scratch;
  if (options.keep) scratch.keep();
  ServerLives server(options.program, scratch.path());
  WebhookReceiver receiver;
  ServerAddress address;
  History history;
  LoadOptions load_options;
  load_options.seed = options.seed;
  load_options.webhook_url = receiver.url();
  {
    Load load(address, history, load_options);
    try {
      Killer killer(server, address, load, options.seed);
      for (std::size_t kill = 0; kill < options.count; ++kill) killer.live_and_die();
    } catch (...) {  // the clients are to end before their server's owner does
      address.stop();
      throw;
    }
    address.stop();
    load.stop();
    const auto& counts = load.counts();
    std::cout << "  " << counts.accepted << " accepted, " << counts.replayed << " repeated, "
              << counts.broken << " requests and " << counts.cut_streams << " streams cut off, "
              << counts.refused << " refused; slowest start " << server.slowest_start().count()
              << " ms" << std::endl;
  }
  const auto finding = settle_and_collect(server, history, receiver);
  const auto violations = report(history, finding);
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::cout << "kill_loop: " << options.count << " kills, " << history.size() << " tasks, "
            << finding.outcome.webhooks.size() << " webhooks in " << receiver.attempts()
            << " attempts, " << violations << " violations, " << seconds << " s, seed "
            << options.seed << std::endl;
  if (violations > 0) std::cout << server.program().log_tail() << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  using namespace taskgate::crash;
  return run_proof(count, words, "kills", TASKGATE_CRASH_KILLS, run);
}

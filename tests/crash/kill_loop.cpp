// Kills the real program with SIGKILL at random moments under load, again and again, and then asks
// whether it kept its promises. Exit code 0: it did. The seed is printed; --seed repeats the
// choices (not the machine's timing).
//
//   kill_loop [--kills N] [--seed S] [--program FILE] [--keep]
//
// TASKGATE_KILLS and TASKGATE_SEED do the same as the flags.

#include "crash/collect.hpp"
#include "crash/invariants.hpp"
#include "crash/load.hpp"
#include "support/program.hpp"

#include <signal.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string_view>

namespace taskgate::crash {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kStartPatience{60'000};
constexpr milliseconds kStopPatience{60'000};
constexpr std::chrono::seconds kSettlePatience{120};

struct Options {
  int kills = TASKGATE_CRASH_KILLS;
  std::uint64_t seed = 0;
  std::filesystem::path program = TASKGATE_PROGRAM;
  bool keep = false;
};

std::uint64_t number_from(const char* text) {
  return std::strtoull(text, nullptr, 10);
}

Options read_options(int count, char** words) {
  Options options;
  options.seed = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()) % 1'000'000;
  if (const char* kills = std::getenv("TASKGATE_KILLS"))
    options.kills = static_cast<int>(number_from(kills));
  if (const char* seed = std::getenv("TASKGATE_SEED")) options.seed = number_from(seed);
  for (int index = 1; index < count; ++index) {
    const std::string_view flag = words[index];
    const char* value = index + 1 < count ? words[index + 1] : "";
    if (flag == "--keep") {
      options.keep = true;
      continue;
    }
    if (flag == "--kills")
      options.kills = static_cast<int>(number_from(value));
    else if (flag == "--seed")
      options.seed = number_from(value);
    else if (flag == "--program")
      options.program = value;
    else
      throw std::runtime_error("unknown flag " + std::string(flag));
    ++index;
  }
  return options;
}

// The server over all its lives on one database.
class Server {
 public:
  Server(const Options& options, const std::filesystem::path& folder)
      : settings_(test::dev_program(options.program, folder / "crash.db")) {
    settings_.environment = {{"TASKGATE_WEBHOOKS__ALLOW_HTTP", "true"},
                             {"TASKGATE_WEBHOOKS__ALLOW_LOOPBACK_FOR_TESTS", "true"},
                             {"TASKGATE_WEBHOOKS__ALLOWED_PORTS", ""},
                             {"TASKGATE_ENGINE__RETRY__BASE_MS", "20"},
                             {"TASKGATE_ENGINE__RETRY__MAX_MS", "200"}};
  }

  void spawn() { program_ = std::make_unique<test::Program>(settings_); }

  std::uint16_t wait_listening() {
    const auto begun = Clock::now();
    const auto port = program_->wait_listening(kStartPatience);
    if (!port) throw std::runtime_error("the program did not come up:\n" + program_->log_tail());
    slowest_start_ = std::max(slowest_start_, Clock::now() - begun);
    return *port;
  }

  std::uint16_t start() {
    spawn();
    return wait_listening();
  }

  test::Program& program() { return *program_; }
  milliseconds slowest_start() const {
    return std::chrono::duration_cast<milliseconds>(slowest_start_);
  }

  void stop_cleanly(History& history) {
    program_->send_signal(SIGTERM);
    const auto status = program_->wait_exit(kStopPatience);
    if (!status || *status != test::ExitStatus{0, 0})
      history.contradict("after SIGTERM: " + (status ? to_string(*status) : "still there"));
  }

 private:
  test::ProgramOptions settings_;
  std::unique_ptr<test::Program> program_;
  Clock::duration slowest_start_{};
};

// Lets the server live for a while and kills it: mostly under load, now and then while it starts,
// or while it drains after a SIGTERM.
class Killer {
 public:
  Killer(Server& server, ServerAddress& address, Load& load, std::uint64_t seed)
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

  Server& server_;
  ServerAddress& address_;
  Load& load_;
  std::mt19937_64 random_;
};

std::size_t report(const History& history, const Outcome& outcome) {
  constexpr std::size_t kShown = 5;
  std::size_t violations = 0;
  const auto submissions = history.submissions();
  const auto print = [&](std::string_view name, const Violations& found) {
    std::cout << (found.empty() ? "  holds     " : "  VIOLATED  ") << name;
    if (!found.empty()) std::cout << ": " << found.size() << " times";
    std::cout << '\n';
    for (std::size_t index = 0; index < std::min(found.size(), kShown); ++index)
      std::cout << "    " << found[index] << '\n';
    violations += found.size();
  };
  for (const auto& invariant : all_invariants())
    print(invariant.name, invariant.check(Evidence{submissions, outcome}));
  print("no client was contradicted", history.contradictions());
  return violations;
}

struct Finding {
  Outcome outcome;
  std::string unsettled;
};

// One clean life to end everything in, and another to read what was kept.
Finding settle_and_collect(Server& server,
                           History& history,
                           const WebhookReceiver& receiver,
                           const std::filesystem::path& folder) {
  Finding finding;
  finding.unsettled = settle(server.start(), history, receiver, kSettlePatience);
  server.stop_cleanly(history);
  finding.outcome = collect(server.start(), history, receiver);
  server.stop_cleanly(history);
  finding.outcome.integrity = check_integrity(folder / "crash.db");
  return finding;
}

int run(const Options& options) {
  const auto begun = Clock::now();
  std::cout << "kill_loop: " << options.kills << " kills, seed " << options.seed << std::endl;
  test::ScratchFolder scratch;
  if (options.keep) scratch.keep();
  Server server(options, scratch.path());
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
      for (int kill = 0; kill < options.kills; ++kill) killer.live_and_die();
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
  const auto finding = settle_and_collect(server, history, receiver, scratch.path());
  auto violations = report(history, finding.outcome);
  if (!finding.unsettled.empty()) {
    std::cout << "  NOT SETTLED  " << finding.unsettled << '\n';
    ++violations;
  }
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::cout << "kill_loop: " << options.kills << " kills, " << history.size() << " tasks, "
            << finding.outcome.webhooks.size() << " webhooks in " << receiver.attempts()
            << " attempts, " << violations << " violations, " << seconds << " s, seed "
            << options.seed << std::endl;
  if (violations > 0) std::cout << server.program().log_tail() << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  try {
    return taskgate::crash::run(taskgate::crash::read_options(count, words));
  } catch (const std::exception& error) {
    std::cout << "kill_loop: FAILED: " << error.what() << std::endl;
    return 1;
  }
}

#include "crash/server_lives.hpp"

#include "crash/invariants.hpp"

#include <signal.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace taskgate::crash {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStartPatience{60'000};
constexpr std::chrono::milliseconds kStopPatience{60'000};
constexpr std::chrono::seconds kSettlePatience{120};

}  // namespace

ServerLives::ServerLives(const std::filesystem::path& program, const std::filesystem::path& folder)
    : folder_(folder), settings_(test::dev_program(program, folder / "crash.db")) {
  settings_.environment = {{"TASKGATE_WEBHOOKS__ALLOW_HTTP", "true"},
                           {"TASKGATE_WEBHOOKS__ALLOW_LOOPBACK_FOR_TESTS", "true"},
                           {"TASKGATE_WEBHOOKS__ALLOWED_PORTS", ""},
                           {"TASKGATE_SHUTDOWN_GRACE_MS", "1000"},  // some tasks never end
                           {"TASKGATE_ENGINE__RETRY__BASE_MS", "20"},
                           {"TASKGATE_ENGINE__RETRY__MAX_MS", "200"}};
}

void ServerLives::run_under(std::vector<std::string> command) {
  under_ = std::move(command);
}

void ServerLives::spawn() {
  auto settings = settings_;
  if (!under_.empty()) {
    auto words = under_;
    words.push_back(settings.program.string());
    words.insert(words.end(), settings.arguments.begin(), settings.arguments.end());
    settings.program = words.front();
    settings.arguments.assign(words.begin() + 1, words.end());
  }
  program_.reset();  // the old life is over before the new one begins
  program_ = std::make_unique<test::Program>(settings);
}

std::uint16_t ServerLives::wait_listening() {
  const auto begun = Clock::now();
  const auto port = program_->wait_listening(kStartPatience);
  if (!port) throw std::runtime_error("the program did not come up:\n" + program_->log_tail());
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
  slowest_start_ = std::max(slowest_start_, took);
  port_ = *port;
  return *port;
}

std::uint16_t ServerLives::start() {
  spawn();
  return wait_listening();
}

void ServerLives::stop_cleanly(History& history) {
  program_->send_signal(SIGTERM);
  const auto status = program_->wait_exit(kStopPatience);
  if (!status || *status != test::ExitStatus{0, 0})
    history.contradict("after SIGTERM: " + (status ? to_string(*status) : "still there"));
}

Finding settle_and_collect(ServerLives& server, History& history, const WebhookReceiver& receiver) {
  Finding finding;
  finding.unsettled = settle(server.start(), history, receiver, kSettlePatience);
  server.stop_cleanly(history);
  finding.outcome = collect(server.start(), history, receiver);
  server.stop_cleanly(history);
  finding.outcome.integrity = check_integrity(server.database());
  return finding;
}

std::size_t print_violations(std::string_view name, const std::vector<std::string>& found) {
  constexpr std::size_t kShown = 5;
  std::cout << (found.empty() ? "  holds     " : "  VIOLATED  ") << name;
  if (!found.empty()) std::cout << ": " << found.size() << " times";
  std::cout << std::endl;
  for (std::size_t index = 0; index < std::min(found.size(), kShown); ++index)
    std::cout << "    " << found[index] << std::endl;
  return found.size();
}

std::size_t report(const History& history, const Finding& finding) {
  std::size_t violations = 0;
  const auto submissions = history.submissions();
  for (const auto& invariant : all_invariants())
    violations +=
        print_violations(invariant.name, invariant.check(Evidence{submissions, finding.outcome}));
  violations += print_violations("no client was contradicted", history.contradictions());
  if (!finding.unsettled.empty()) {
    std::cout << "  NOT SETTLED  " << finding.unsettled << std::endl;
    ++violations;
  }
  return violations;
}

}  // namespace taskgate::crash

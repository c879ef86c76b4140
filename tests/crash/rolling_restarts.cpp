// Restarts the real program in order (SIGTERM, start), again and again, under load and with clients
// attached to streams: no acknowledged task may fail, no stream may have a gap or a duplicate. Exit
// code 0: so it was.
//
//   rolling_restarts [--restarts N] [--seed S] [--program FILE]
//
// TASKGATE_RESTARTS and TASKGATE_SEED do the same as the flags.

#include "crash/follower.hpp"
#include "crash/invariants.hpp"
#include "crash/load.hpp"
#include "crash/proof_options.hpp"
#include "crash/server_lives.hpp"

#include <nlohmann/json.hpp>
#include <signal.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>

namespace taskgate::crash {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr int kFollowers = 6;
constexpr milliseconds kPatience{60'000};

// Tasks that outlast many lives: what they say must be whole all the same.
std::vector<std::string> submit_long_tasks(std::uint16_t port, History& history) {
  test::FragileClient api(port);
  std::vector<std::string> ids;
  for (int number = 0; number < kFollowers; ++number) {
    Submission submission;
    submission.name = "long-" + std::to_string(number);
    submission.body = json{{"model", "sim/lorem?tokens=250&tps=50"},
                           {"input", "a long story"},
                           {"metadata", {{"name", submission.name}}}}
                          .dump();
    const auto index = history.add(submission);
    const auto answer = api.exchange(submit_request(submission));
    if (!answer || answer->status != 202) throw std::runtime_error("a long task was not accepted");
    note_submit_answer(history, index, *answer);
    ids.push_back(history.at(index).id.value_or(""));
  }
  return ids;
}

// The models of the load that always succeed when the server does not fail them.
bool must_succeed(const Submission& submission) {
  const auto body = json::parse(submission.body);
  const auto model = body.value("model", "");
  return !model.starts_with("sim/error") && !model.starts_with("sim/flaky");
}

Violations failed_tasks(const History& history, const Outcome& outcome) {
  Violations found;
  for (const auto& submission : history.submissions()) {
    if (!submission.id || !must_succeed(submission)) continue;
    const auto task = outcome.tasks.find(*submission.id);
    if (task == outcome.tasks.end()) continue;  // I1 says so
    const auto object = json::parse(task->second.object, nullptr, false);
    const auto status = object.is_object() ? object.value("status", "") : std::string();
    if (status != (submission.endless ? "cancelled" : "success"))
      found.push_back(*submission.id + " is " + status);
  }
  return found;
}

// Every follower's events, over all its connections, are one sound log.
Violations check_followers(std::uint16_t port,
                           const std::vector<std::unique_ptr<Follower>>& followers) {
  Violations found;
  test::FragileClient api(port);
  for (const auto& follower : followers) {
    FinalTask followed;
    followed.events = follower->events();
    followed.object = api.get("/tasks/" + follower->id()).value_or(test::RawResponse()).body;
    const auto violations = check_log(follower->id(), followed);
    found.insert(found.end(), violations.begin(), violations.end());
    if (follower->connections() < 2) found.push_back(follower->id() + " was never cut off");
    const auto object = json::parse(followed.object, nullptr, false);
    if (!object.is_object() || object.value("status", "") != "success")
      found.push_back(follower->id() + " did not succeed");
  }
  return found;
}

void restart_often(ServerLives& server,
                   ServerAddress& address,
                   Load& load,
                   History& history,
                   const ProofOptions& options) {
  std::mt19937_64 random(options.seed);
  for (std::size_t number = 0; number < options.count; ++number) {
    load.renew_allowance();
    const auto life = milliseconds(150 + static_cast<int>(random() % 500));
    if (const auto end = server.program().wait_exit(life))
      throw std::runtime_error("the program ended by itself: " + to_string(*end) + "\n" +
                               server.program().log_tail());
    address.down();
    server.stop_cleanly(history);
    address.up(server.start());
  }
}

int run(const ProofOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  std::cout << "rolling_restarts: " << options.count << " restarts, seed " << options.seed
            << std::endl;
  test::ScratchFolder scratch;
  ServerLives server(options.program, scratch.path());
  server.environment()["TASKGATE_SHUTDOWN_GRACE_MS"] = "200";
  WebhookReceiver receiver;
  ServerAddress address;
  History history;
  LoadOptions load_options;
  load_options.seed = options.seed;
  load_options.webhook_url = receiver.url();
  std::vector<std::unique_ptr<Follower>> followers;
  Violations streams;
  {
    Load load(address, history, load_options);
    try {
      const auto port = server.start();
      for (const auto& id : submit_long_tasks(port, history))
        followers.push_back(std::make_unique<Follower>(address, id));
      address.up(port);
      restart_often(server, address, load, history, options);
      for (auto& follower : followers) follower->join();
      streams = check_followers(server.port(), followers);
    } catch (...) {  // the clients are to end before their server's owner does
      address.stop();
      throw;
    }
    address.stop();
    load.stop();
    server.stop_cleanly(history);
    std::cout << "  " << load.counts().accepted << " accepted, " << load.counts().refused
              << " refused" << std::endl;
  }
  const auto finding = settle_and_collect(server, history, receiver);
  auto violations = report(history, finding);
  violations +=
      print_violations("acknowledged tasks succeed", failed_tasks(history, finding.outcome));
  violations += print_violations("streams have no gap and no duplicate", streams);
  int cuts = 0;
  for (const auto& follower : followers) cuts += follower->connections() - 1;
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::cout << "rolling_restarts: " << options.count << " restarts, " << history.size()
            << " tasks, " << followers.size() << " streams cut " << cuts << " times, " << violations
            << " violations, " << seconds << " s, seed " << options.seed << std::endl;
  if (violations > 0) std::cout << server.program().log_tail() << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  using namespace taskgate::crash;
  return run_proof(count, words, "restarts", TASKGATE_CRASH_RESTARTS, run);
}

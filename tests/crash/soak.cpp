// A long mixed load on one life of the real program: memory, descriptors and threads must stay
// where they are, and every promise must be kept at the end. Exit code 0: so it was.
//
//   soak [--seconds N] [--seed S]
//
// What is compared are medians of quarters of the run, with room for caches that are still filling:
// no single moment, and no speed, decides.

#include "crash/load.hpp"
#include "crash/proof_options.hpp"
#include "crash/server_lives.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace taskgate::crash {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

// Caches are bounded, and filled by the warm-up in part: 32 MiB of finished tasks, 64 MiB and twice
// 16 MiB of database pages, the idempotency keys of the last hours (docs/limits.md).
constexpr std::int64_t kCachesKib = 96 * 1024;
constexpr std::int64_t kFlatKib = 24 * 1024;  // of a run in which the caches have long been full
constexpr seconds kLongRun{1200};
constexpr std::int64_t kFewDescriptors = 16;
constexpr int kWarmTasksPerSecond = 300;
constexpr int kTasksPerSecond = 60;

struct Sample {
  std::int64_t resident_kib = 0;
  std::int64_t descriptors = 0;
  std::int64_t threads = 0;
};

Sample sample(pid_t process) {
  const auto folder = "/proc/" + std::to_string(process);
  Sample taken;
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    std::int64_t value = 0;
    words >> name >> value;
    if (name == "VmRSS:") taken.resident_kib = value;
    if (name == "Threads:") taken.threads = value;
  }
  const std::filesystem::directory_iterator open(folder + "/fd");
  taken.descriptors = std::distance(begin(open), end(open));
  return taken;
}

std::int64_t median(const std::vector<Sample>& samples,
                    std::size_t quarter,
                    std::int64_t Sample::*which) {
  const auto size = samples.size() / 4;
  std::vector<std::int64_t> values;
  for (auto index = quarter * size; index < (quarter + 1) * size; ++index)
    values.push_back(samples[index].*which);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size / 2),
                   values.end());
  return values[size / 2];
}

// From the second quarter, when everything has happened once, to the last.
std::vector<std::string> check_slopes(const std::vector<Sample>& samples, seconds length) {
  std::vector<std::string> found;
  const auto compare = [&](const char* what, std::int64_t Sample::*which, std::int64_t room) {
    const auto before = median(samples, 1, which);
    const auto after = median(samples, 3, which);
    std::cout << "  " << what << ": " << before << " in the second quarter, " << after
              << " in the last" << std::endl;
    if (after - before > room)
      found.push_back(std::string(what) + " grew from " + std::to_string(before) + " to " +
                      std::to_string(after));
  };
  compare("resident KiB", &Sample::resident_kib, length >= kLongRun ? kFlatKib : kCachesKib);
  compare("descriptors", &Sample::descriptors, kFewDescriptors);
  compare("threads", &Sample::threads, 0);
  return found;
}

std::vector<Sample> live(ServerLives& server, Load& load, seconds length) {
  std::vector<Sample> samples;
  const auto begun = Clock::now();
  const auto warm_until = begun + length / 8;
  const auto wanted = static_cast<std::size_t>(length.count());
  while (samples.size() < wanted) {
    load.renew_allowance(Clock::now() < warm_until ? kWarmTasksPerSecond : kTasksPerSecond);
    if (const auto end = server.program().wait_exit(std::chrono::milliseconds(1000)))
      throw std::runtime_error("the program ended by itself: " + to_string(*end) + "\n" +
                               server.program().log_tail());
    samples.push_back(sample(server.program().pid()));
  }
  return samples;
}

int run(const ProofOptions& options) {
  const seconds length{std::max<std::size_t>(options.count, 8)};
  std::cout << "soak: " << length.count() << " s, seed " << options.seed << std::endl;
  test::ScratchFolder scratch;
  ServerLives server(options.program, scratch.path());
  WebhookReceiver receiver;
  ServerAddress address;
  History history;
  LoadOptions load_options;
  load_options.seed = options.seed;
  load_options.webhook_url = receiver.url();
  std::vector<Sample> samples;
  {
    Load load(address, history, load_options);
    try {
      address.up(server.start());
      samples = live(server, load, length);
    } catch (...) {  // the clients are to end before their server's owner does
      address.stop();
      throw;
    }
    address.stop();
    load.stop();
    std::cout << "  " << load.counts().accepted << " accepted, " << load.counts().replayed
              << " repeated, " << load.counts().refused << " refused" << std::endl;
    server.stop_cleanly(history);
  }
  auto violations =
      print_violations("memory, descriptors and threads stay flat", check_slopes(samples, length));
  violations += report(history, settle_and_collect(server, history, receiver));
  std::cout << "soak: " << length.count() << " s, " << history.size() << " tasks, from "
            << median(samples, 1, &Sample::resident_kib) << " to "
            << median(samples, 3, &Sample::resident_kib) << " KiB, from "
            << median(samples, 1, &Sample::descriptors) << " to "
            << median(samples, 3, &Sample::descriptors) << " descriptors, " << violations
            << " violations, seed " << options.seed << std::endl;
  if (violations > 0) std::cout << server.program().log_tail() << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  using namespace taskgate::crash;
  return run_proof(count, words, "seconds", TASKGATE_CRASH_SECONDS, run);
}

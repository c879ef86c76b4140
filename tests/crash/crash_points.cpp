// Ends the tests' build of the program at every named crash point (taskgate/core/crash_point.hpp),
// at the first, the second and the third time that it is reached, under load; starts it again; asks
// for every invariant. Exit code 0: each point was reached, and every promise kept.
//
//   crash_points [--hits N] [--seed S]

#include "crash/load.hpp"
#include "crash/proof_options.hpp"
#include "crash/server_lives.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::crash {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{6'000};
constexpr int kExitAtCrashPoint = 137;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// The names as the sources have them: a new point is tried without anybody's doing.
std::vector<std::string> names_in_sources() {
  constexpr std::string_view kMacro = "TASKGATE_CRASH_POINT(\"";
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(TASKGATE_SOURCE_DIR "/src")) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = text_of(entry.path());
    for (auto at = text.find(kMacro); at != std::string::npos; at = text.find(kMacro, at)) {
      at += kMacro.size();
      names.insert(text.substr(at, text.find('"', at) - at));
    }
  }
  return {names.begin(), names.end()};
}

// On the way of a tool call: tool_crashes ends the program there.
bool is_of_tools(const std::string& name) {
  return name.starts_with("agent.");
}

// One name on a database of its own, over all its hits.
class PointTrial {
 public:
  PointTrial(const ProofOptions& options, std::string name)
      : name_(std::move(name)), server_(TASKGATE_CRASHABLE_PROGRAM, scratch_.path()) {
    if (options.keep) scratch_.keep();
    LoadOptions load_options;
    load_options.seed = options.seed;
    load_options.webhook_url = receiver_.url();
    load_ = std::make_unique<Load>(address_, history_, load_options);
  }
  ~PointTrial() { address_.stop(); }

  // True: the point was reached so often, and the program ended there.
  bool crash_at(std::size_t hit) {
    server_.environment()["CRASH_AT"] = name_ + ':' + std::to_string(hit);
    server_.spawn();
    std::optional<test::ExitStatus> end;
    const auto port = server_.program().wait_listening(std::chrono::milliseconds(20'000));
    if (port) {
      load_->renew_allowance();
      // The end comes unannounced here: a connection that breaks contradicts nobody.
      address_.up(*port, Announcement::none);
      const auto until = Clock::now() + kPatience;
      while (!end && Clock::now() < until) {
        load_->renew_allowance();
        end = server_.program().wait_exit(std::chrono::milliseconds(50));
      }
      address_.down();
    } else {
      end = server_.program().wait_exit(std::chrono::milliseconds(1'000));
    }
    const bool reached = end && end->code == kExitAtCrashPoint;
    if (end && !reached) history_.contradict("it ended by itself: " + to_string(*end));
    server_.program().kill();
    return reached;
  }

  std::size_t judge() {
    server_.environment().erase("CRASH_AT");
    address_.stop();
    load_->stop();
    const auto finding = settle_and_collect(server_, history_, receiver_);
    return report(history_, finding);
  }

 private:
  const std::string name_;
  test::ScratchFolder scratch_;
  ServerLives server_;
  WebhookReceiver receiver_;
  ServerAddress address_;
  History history_;
  std::unique_ptr<Load> load_;
};

// What is shipped must know nothing of all this.
std::size_t traces_in(const std::filesystem::path& program, const std::vector<std::string>& names) {
  const auto bytes = text_of(program);
  std::size_t found = bytes.find("CRASH_AT") != std::string::npos;
  for (const auto& name : names) found += bytes.find(name) != std::string::npos;
  return found;
}

int run(const ProofOptions& options) {
  const auto begun = Clock::now();
  const auto names = names_in_sources();
  std::cout << "crash_points: " << names.size() << " points, " << options.count
            << " hits each, seed " << options.seed << std::endl;
  std::size_t violations = traces_in(options.program, names);
  if (violations > 0) std::cout << "  the shipped program holds crash points" << std::endl;
  if (traces_in(TASKGATE_CRASHABLE_PROGRAM, names) != names.size() + 1) {
    std::cout << "  the tests' program lacks some" << std::endl;
    ++violations;
  }
  std::size_t crashes = 0;
  for (const auto& name : names) {
    if (is_of_tools(name)) continue;
    PointTrial trial(options, name);
    std::size_t reached = 0;
    for (std::size_t hit = 1; hit <= options.count; ++hit) reached += trial.crash_at(hit);
    // Some are for what an earlier life left behind.
    if (reached == 0) reached += trial.crash_at(1);
    std::cout << name << ": " << reached << " crashes" << std::endl;
    if (reached == 0) {
      std::cout << "  VIOLATED  it is never reached" << std::endl;
      ++violations;
    }
    crashes += reached;
    violations += trial.judge();
  }
  const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::cout << "crash_points: " << names.size() << " points, " << crashes << " crashes, "
            << violations << " violations, " << seconds << " s, seed " << options.seed << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::crash

int main(int count, char** words) {
  using namespace taskgate::crash;
  return run_proof(count, words, "hits", 3, run);
}

#include "taskgate/app/application.hpp"
#include "taskgate/observe/log.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ostream>
#include <thread>

namespace taskgate::app {
namespace {

constexpr int kForcedExit = 130;  // as a shell reports an interrupted program

sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals,
                  nullptr);  // inherited by every thread: only the waiter below sees them
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// A connection is a descriptor: take as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

void exit_at_second_signal(const sigset_t& signals, const std::atomic<bool>& done) {
  constexpr timespec kLook{0, 100'000'000};
  while (!done) {
    if (sigtimedwait(&signals, nullptr, &kLook) > 0) {
      log::warning("shutdown.forced");
      std::_Exit(kForcedExit);
    }
  }
}

}  // namespace

int run_until_signal(const Config& config, std::ostream& out) {
  const auto signals = block_signals();
  raise_descriptor_limit();
  Application application(config);
  if (const auto started = application.start(); !started) {
    log::error("start.failed",
               {{"reason", started.error().message()}, {"detail", started.error().detail()}});
    return 1;
  }
  out << "{\"listening\":\"" << application.url() << "\"}" << std::endl;

  log::info("shutdown.begun",
            {{"signal", wait_for_signal(signals)}, {"grace_ms", config.shutdown_grace.count()}});
  std::atomic<bool> done{false};
  std::thread impatience([&done, signals] { exit_at_second_signal(signals, done); });
  application.stop(config.shutdown_grace);
  done = true;
  impatience.join();
  log::info("shutdown.done");
  return 0;
}

}  // namespace taskgate::app

#pragma once
// The composition root: the only place that makes the parts and hands them to each other. `main`
// runs one; integration tests run many, on port 0.

#include "taskgate/app/config.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/delivery/schedule.hpp"

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace taskgate::app {

/// What tests replace. Empty: the real thing.
struct Overrides {
  const Clock* clock = nullptr;  ///< outlives the application
  std::string ca_file;  ///< PEM of the authority that upstreams' certificates must come from
  std::optional<delivery::RetrySchedule> webhook_schedule;
  std::optional<std::chrono::milliseconds> stream_heartbeat;
};

class Application {
 public:
  explicit Application(Config config, Overrides overrides = {});
  ~Application();  ///< stops without grace
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// Opens the database, recovers, listens. Errors: a sentence for the operator.
  Result<void> start();
  /// "http://127.0.0.1:43121"; after start().
  std::string url() const;
  std::uint16_t port() const;
  /// Not ready → no new connections → requests and attempts end within `grace` → the rest goes back
  /// to the queue on disk → everything joined and closed. Idempotent; blocks.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Parts;
  const Config config_;
  const Overrides overrides_;
  std::unique_ptr<Parts> parts_;
};

/// Whether this configuration may serve: a non-loopback address needs keys. Errors: a sentence that
/// says what to do.
Result<void> check_exposure(const Config& config);

/// Runs an application in this process until SIGTERM or SIGINT; a second signal ends it at once.
/// Prints
/// `{"listening":"http://…"}` as the first line on `out`. Returns the exit code.
int run_until_signal(const Config& config, std::ostream& out);

}  // namespace taskgate::app

#pragma once
// The real server in this process: port 0, a database in a folder of its own, everything else as
// configured.

#include "support/api_client.hpp"
#include "taskgate/app/application.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace taskgate::test {

class TestGateway {
 public:
  using Change = std::function<void(app::Config&)>;
  /// Starts in open mode on loopback; `change` edits the configuration first. Throws when it does
  /// not start.
  explicit TestGateway(Change change = {}, app::Overrides overrides = {});
  ~TestGateway();

  std::uint16_t port() const { return application_->port(); }
  ApiClient client(std::string bearer = {}) const { return ApiClient(port(), std::move(bearer)); }
  EventStream stream(const std::string& id, const std::string& last_event_id = {}) const {
    return EventStream(port(), "/tasks/" + id + "/stream", last_event_id);
  }
  /// Edits the configuration of the next start.
  void change(const Change& change) { change(config_); }
  /// Stops within `grace` and starts again on the same database (another port).
  void restart(std::chrono::milliseconds grace = std::chrono::milliseconds{0});
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds{0});
  std::string database() const { return config_.database.path; }
  app::Application& application() { return *application_; }

 private:
  void start();

  std::filesystem::path folder_;
  app::Config config_;
  app::Overrides overrides_;
  std::unique_ptr<app::Application> application_;
};

/// A fresh folder under the system's temporary one.
std::filesystem::path make_temp_folder();

}  // namespace taskgate::test

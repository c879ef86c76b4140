#include "support/test_gateway.hpp"

#include "taskgate/observe/log.hpp"

#include <cstdlib>
#include <stdexcept>

namespace taskgate::test {

std::filesystem::path make_temp_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "taskgate-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  return pattern;
}

TestGateway::TestGateway(Change change, app::Overrides overrides)
    : folder_(make_temp_folder()), overrides_(std::move(overrides)) {
  config_.server.listen.port = 0;
  config_.auth.mode = app::AuthMode::open;
  config_.database.path = (folder_ / "taskgate.db").string();
  config_.log.level = log::Level::error;
  if (change) change(config_);
  log::Options logging;
  logging.level = config_.log.level;
  log::set_up(logging);
  start();
}

TestGateway::~TestGateway() {
  application_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestGateway::start() {
  application_ = std::make_unique<app::Application>(config_, overrides_);
  if (const auto started = application_->start(); !started) {
    throw std::runtime_error("the gateway did not start: " + started.error().message() + " " +
                             started.error().detail());
  }
}

void TestGateway::stop(std::chrono::milliseconds grace) {
  application_->stop(grace);
}

void TestGateway::restart(std::chrono::milliseconds grace) {
  application_->stop(grace);
  application_.reset();
  start();
}

}  // namespace taskgate::test

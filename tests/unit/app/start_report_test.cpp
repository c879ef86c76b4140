// What the log says when a server starts.

#include "app/start_report.hpp"

#include "taskgate/observe/log.hpp"

#include <gtest/gtest.h>

namespace taskgate::app {
namespace {

class StartReport : public testing::Test {
 protected:
  StartReport() {
    log::Options options;
    options.format = log::Format::logfmt;
    options.writer = [this](std::string_view line) { lines_.emplace_back(line); };
    log::set_up(std::move(options));
  }
  ~StartReport() override {
    log::Options silent;
    silent.writer = [](std::string_view) {};
    log::set_up(std::move(silent));
  }

  bool says(std::string_view part) const {
    return lines_.size() == 1 && lines_[0].find(part) != std::string::npos;
  }

  const TimePoint now_{std::chrono::seconds(1'772'357'400)};
  Config config_;
  std::vector<std::string> lines_;
};

TEST_F(StartReport, SumsUpTheConfiguration) {
  config_.database.path = "/var/lib/t.db";
  config_.providers["openai"].api_key = "sk-abcdefghijklmnop";
  config_.providers["gemini"].enabled = false;
  config_.tools["send_invoice"].enabled = true;
  config_.tools["old"].enabled = false;

  report_start(config_, "http://127.0.0.1:8080");

  for (const auto* part : {"level=info", "server.started", "http://127.0.0.1:8080", "auth=keys",
                           "/var/lib/t.db", "providers=\"sim, openai\"",
                           "providers_off=\"gemini (no api_key)\"", "tools=send_invoice"}) {
    EXPECT_TRUE(says(part)) << part << " in " << testing::PrintToString(lines_);
  }
  EXPECT_FALSE(says("sk-a"));
  EXPECT_FALSE(says("old"));
}

TEST_F(StartReport, WarnsWhenNoKeyOpensTheDoor) {
  store::ApiKey revoked;
  revoked.revoked_at = now_;
  store::ApiKey expired;
  expired.expires_at = now_;

  warn_without_keys(config_, {revoked, expired}, now_);

  EXPECT_TRUE(says("level=warn")) << testing::PrintToString(lines_);
  EXPECT_TRUE(says("taskgate keys create")) << testing::PrintToString(lines_);
}

TEST_F(StartReport, SaysNothingOfKeysWhereOneIsThereOrNoneIsNeeded) {
  warn_without_keys(config_, {store::ApiKey()}, now_);
  config_.auth.mode = AuthMode::open;
  warn_without_keys(config_, {}, now_);

  EXPECT_TRUE(lines_.empty()) << testing::PrintToString(lines_);
}

}  // namespace
}  // namespace taskgate::app

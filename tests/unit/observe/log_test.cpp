#include "taskgate/observe/log.hpp"

#include "taskgate/core/clock.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace taskgate::log {
namespace {

// Collects lines for one test and silences the logger after it.
class LogTest : public testing::Test {
 protected:
  void start(Format format, Level level = Level::debug) {
    Options options;
    options.format = format;
    options.level = level;
    options.writer = [this](std::string_view line) { lines_.emplace_back(line); };
    set_up(std::move(options));
  }
  ~LogTest() override {
    Options silent;
    silent.level = Level::off;
    silent.writer = [](std::string_view) {};
    set_up(std::move(silent));
  }
  // The line without its time.
  std::string only_line(std::size_t time_length) const {
    EXPECT_EQ(lines_.size(), 1U);
    return lines_.empty() ? "" : lines_.front().substr(time_length);
  }

  std::vector<std::string> lines_;
};

TEST_F(LogTest, JsonLinesAreObjectsWithTypedFields) {
  start(Format::json);

  info("task.finished", {{"task", "task_01"},
                         {"ms", 12},
                         {"big", std::uint64_t{18446744073709551615U}},
                         {"ratio", 0.25},
                         {"nan", std::numeric_limits<double>::quiet_NaN()},
                         {"ok", true},
                         {"text", std::string("a \"quoted\"\nline\x01")}});

  ASSERT_EQ(lines_.size(), 1U);
  const auto line = nlohmann::json::parse(lines_.front());
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["event"], "task.finished");
  EXPECT_EQ(line["ms"], 12);
  EXPECT_EQ(line["big"], 18446744073709551615U);
  EXPECT_EQ(line["ratio"], 0.25);
  EXPECT_TRUE(line["nan"].is_null());
  EXPECT_EQ(line["ok"], true);
  EXPECT_EQ(line["text"], "a \"quoted\"\nline\x01");
  EXPECT_TRUE(parse_rfc3339(line["ts"].get<std::string>()).has_value());
}

TEST_F(LogTest, LogfmtQuotesOnlyWhereNeeded) {
  start(Format::logfmt);
  warning("queue.full", {{"depth", -3}, {"why", "too many"}, {"tenant", "acme"}, {"empty", ""}});
  EXPECT_EQ(only_line(28),
            "level=warning event=queue.full depth=-3 why=\"too many\" tenant=acme empty=\"\"");
}

TEST_F(LogTest, TextIsForPeople) {
  start(Format::text);
  error("store.failed", {{"reason", "disk full"}});
  EXPECT_EQ(only_line(24), " error   store.failed reason=\"disk full\"");
}

TEST_F(LogTest, AValueCannotStartALineOrAFieldOfItsOwn) {
  start(Format::logfmt);
  info("request", {{"path", "/x\nts=1 level=error event=forged"}});
  EXPECT_EQ(only_line(28), "level=info event=request path=\"/x\\nts=1 level=error event=forged\"");
}

TEST_F(LogTest, NoSecretGetsThroughInAnyFormat) {
  for (const auto format : {Format::text, Format::json, Format::logfmt}) {
    lines_.clear();
    start(format);
    error("provider.failed",
          {{"message", "bad key sk-proj-1234567890"}, {"api_key", "plain-looking"}});
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_EQ(lines_[0].find("1234567890"), std::string::npos) << lines_[0];
    EXPECT_EQ(lines_[0].find("plain-looking"), std::string::npos) << lines_[0];
  }
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  start(Format::text, Level::warning);
  EXPECT_FALSE(enabled(Level::info));
  EXPECT_TRUE(enabled(Level::warning));
  debug("a");
  info("b");
  warning("c");
  error("d");
  EXPECT_EQ(lines_.size(), 2U);
}

TEST_F(LogTest, LongTextIsCutAtACharacter) {
  start(Format::json);
  std::string text = std::string(2047, 'x') + "€ and more";
  info("long", {{"text", text}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(lines_.front())["text"], std::string(2047, 'x'));
}

TEST_F(LogTest, ThreadsWriteWholeLines) {
  start(Format::json);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 250; ++i) info("tick", {{"thread", t}, {"i", i}});
    });
  }
  for (auto& thread : threads) thread.join();

  ASSERT_EQ(lines_.size(), 1000U);
  for (const auto& line : lines_)
    EXPECT_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded());
}

TEST(LogNames, ComeBackAsTheSameValue) {
  for (const auto level : {Level::debug, Level::info, Level::warning, Level::error, Level::off})
    EXPECT_EQ(parse_level(to_string(level)), level);
  for (const auto format : {Format::text, Format::json, Format::logfmt})
    EXPECT_EQ(parse_format(to_string(format)), format);
  EXPECT_EQ(parse_level("loud"), std::nullopt);
  EXPECT_EQ(parse_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace taskgate::log

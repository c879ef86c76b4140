#include "store/group_commit.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <mutex>

namespace taskgate::store {
namespace {

namespace asio = boost::asio;

// A database without a disk: notes what it is asked for, fails when told to.
class FakeSession final : public WriteSession {
 public:
  void begin() override {
    note("begin");
    if (gate) gate->wait();
  }
  void commit() override {
    if (failing) throw StorageFailure("no space");
    note("commit");
  }
  void rollback() noexcept override { note("rollback"); }
  void savepoint() override { note("savepoint"); }
  void release_savepoint() override { note("release"); }
  void undo_savepoint() override { note("undo"); }
  void publish() override { note("publish"); }
  void hold_back(std::vector<std::unique_ptr<Command>>& committed) override {
    for (auto& command : committed) {
      if (command->is_erasure()) held.push_back(std::move(command));
    }
    std::erase(committed, nullptr);
  }
  bool probe() noexcept override {
    note("probe");
    return !failing;
  }
  SteadyTime upkeep(bool, CompletionBatch&) override {
    return std::chrono::steady_clock::now() + std::chrono::hours(1);
  }
  void release_held(CompletionBatch& done) noexcept override {
    for (auto& command : held) done.add(std::move(command));
    held.clear();
  }

  void note(const std::string& what) {
    const std::lock_guard lock(mutex);
    log.push_back(what);
  }
  int count(const std::string& what) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(std::count(log.begin(), log.end(), what));
  }

  std::optional<std::shared_future<void>> gate;  // set: begin() waits for it
  std::atomic<bool> failing{false};
  std::vector<std::unique_ptr<Command>> held;
  std::mutex mutex;
  std::vector<std::string> log;
};

class FakeCommand final : public HandlerCompletion<int, Command> {
 public:
  FakeCommand(std::function<int()> work, Handler<int> handler)
      : HandlerCompletion(std::move(handler)), work_(std::move(work)) {}

  void apply() override { set(work_()); }
  using Command::set_bytes;
  using Command::set_erasure;

 private:
  std::function<int()> work_;
};

class GroupCommitTest : public ::testing::Test {
 protected:
  std::unique_ptr<FakeCommand> command(std::function<int()> work) {
    return std::make_unique<FakeCommand>(
        std::move(work), asio::bind_executor(context_.get_executor(), [this](Result<int> outcome) {
          outcomes_.push_back(std::move(outcome));
        }));
  }
  std::unique_ptr<FakeCommand> command(int value) {
    return command([value] { return value; });
  }
  void open_gate_later() { session_.gate = promise_.get_future().share(); }

  asio::io_context context_{1};
  FakeSession session_;
  std::promise<void> promise_;
  std::vector<Result<int>> outcomes_;
};

TEST_F(GroupCommitTest, CommandsThatWaitShareOneCommit) {
  open_gate_later();
  GroupCommit commits(session_, GroupCommitLimits());
  for (int i = 0; i < 50; ++i) commits.submit(command(i));

  promise_.set_value();
  context_.run();

  ASSERT_EQ(outcomes_.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*outcomes_[static_cast<std::size_t>(i)], i);
  EXPECT_LE(session_.count("commit"), 2);  // what the first begin() found, and the rest
}

TEST_F(GroupCommitTest, BatchKeepsToItsLimits) {
  open_gate_later();
  GroupCommitLimits limits;
  limits.batch = 10;
  GroupCommit commits(session_, limits);
  for (int i = 0; i < 100; ++i) commits.submit(command(i));

  promise_.set_value();
  context_.run();

  EXPECT_EQ(outcomes_.size(), 100U);
  EXPECT_GE(session_.count("commit"), 10);
}

TEST_F(GroupCommitTest, FullQueueRefusesByNumberAndByBytes) {
  open_gate_later();
  GroupCommitLimits limits;
  limits.commands = 1000;
  limits.bytes = 100;
  GroupCommit commits(session_, limits);
  for (int i = 0; i < 20; ++i) {
    auto large = command(i);
    large->set_bytes(30);
    commits.submit(std::move(large));
  }

  promise_.set_value();
  context_.run();

  ASSERT_EQ(outcomes_.size(), 20U);
  const auto refused = std::count_if(outcomes_.begin(), outcomes_.end(), [](const auto& outcome) {
    return !outcome && outcome.error().code() == Errc::overloaded && outcome.error().retry_after();
  });
  EXPECT_GE(refused, 20 - 3 - 3);  // three wait, up to three were under way
  EXPECT_LT(refused, 20);
}

TEST_F(GroupCommitTest, RuleViolationFailsAlone) {
  open_gate_later();
  GroupCommit commits(session_, GroupCommitLimits());
  for (int i = 0; i < 5; ++i) {
    commits.submit(command([i]() -> int {
      if (i == 3) throw RuleViolation("check failed");
      return i;
    }));
  }

  promise_.set_value();
  context_.run();

  ASSERT_EQ(outcomes_.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(outcomes_[i].has_value(), i != 3);
    if (i == 3) {
      EXPECT_EQ(outcomes_[i].error().code(), Errc::internal);
    }
  }
  EXPECT_EQ(session_.count("undo"), 1);
  EXPECT_TRUE(commits.health().writable);
}

TEST_F(GroupCommitTest, StorageFailureFailsTheBatchAndWhatComesAfterUntilAProbeSucceeds) {
  session_.failing = true;
  GroupCommitLimits limits;
  limits.probe_every = std::chrono::milliseconds(1);
  GroupCommit commits(session_, limits);
  commits.submit(command(1));
  context_.run();
  context_.restart();

  EXPECT_FALSE(commits.health().writable);
  EXPECT_EQ(commits.health().reason, "no space");
  commits.submit(command(2));
  context_.run();
  context_.restart();
  ASSERT_EQ(outcomes_.size(), 2U);
  for (const auto& outcome : outcomes_) {
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code(), Errc::storage);
    EXPECT_EQ(outcome.error().retry_after(), std::chrono::seconds(1));
  }
  EXPECT_EQ(session_.count("publish"), 0);

  session_.failing = false;
  while (!commits.health().writable) std::this_thread::yield();
  commits.submit(command(3));
  context_.run();
  EXPECT_EQ(*outcomes_.back(), 3);
}

TEST_F(GroupCommitTest, HeldErasureIsCompletedWhenItStops) {
  GroupCommit commits(session_, GroupCommitLimits());
  auto erasure = command(7);
  erasure->set_erasure();
  commits.submit(std::move(erasure));
  commits.submit(command(8));

  commits.stop();
  context_.run();

  ASSERT_EQ(outcomes_.size(), 2U);
  EXPECT_EQ(*outcomes_[0], 8);
  EXPECT_EQ(*outcomes_[1], 7);
}

// Nobody waits for a disk that may stay sick for ever: the deletion is committed.
TEST_F(GroupCommitTest, HeldErasureIsCompletedWhenTheDiskFallsSick) {
  GroupCommitLimits limits;
  limits.probe_every = std::chrono::hours(1);
  GroupCommit commits(session_, limits);
  auto erasure = command(1);
  erasure->set_erasure();
  commits.submit(std::move(erasure));
  while (session_.count("publish") == 0) std::this_thread::yield();
  session_.failing = true;
  commits.submit(command(2));

  context_.run_for(std::chrono::seconds(20));

  ASSERT_EQ(outcomes_.size(), 2U);
  EXPECT_EQ(outcomes_[0].has_value() + outcomes_[1].has_value(), 1);
  EXPECT_FALSE(commits.health().writable);
}

TEST_F(GroupCommitTest, StopCommitsTheQueueAndRefusesTheRest) {
  open_gate_later();
  GroupCommit commits(session_, GroupCommitLimits());
  for (int i = 0; i < 20; ++i) commits.submit(command(i));

  promise_.set_value();
  commits.stop();
  commits.stop();
  commits.submit(command(99));
  context_.run();

  ASSERT_EQ(outcomes_.size(), 21U);
  const auto failed = std::count_if(outcomes_.begin(), outcomes_.end(),
                                    [](const auto& outcome) { return !outcome; });
  EXPECT_EQ(failed, 1);
}

}  // namespace
}  // namespace taskgate::store

#include "store/sqlite/idempotency.hpp"

#include "store/sqlite/migrations.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace taskgate::store::sqlite {
namespace {

constexpr int kGather = 32;

TimePoint at(int ms) {
  return TimePoint(std::chrono::milliseconds(ms));
}

KeyDigest digest_number(int number) {
  return digest_of("acme", "POST /tasks", "key-" + std::to_string(number));
}

class IdempotencyRecordsTest : public ::testing::Test {
 protected:
  IdempotencyRecordsTest() : db_(":memory:", OpenMode::writer) {
    migrate(db_);
    reopen();
  }

  // As a new process would find them: from the tables alone.
  void reopen() {
    MergeLimits limits;
    limits.gather = kGather;
    records_.emplace(db_, limits);
  }
  void begin() { db_.execute("BEGIN IMMEDIATE"); }
  void commit() {
    records_->merge_share();
    db_.execute("COMMIT");
    records_->committed();
  }
  void rollback() {
    db_.execute("ROLLBACK");
    records_->rolled_back();
  }
  // The task id tells which claim of the key it was.
  void claim(int number, int version, int expires_ms = 1000) {
    KeyRecord record;
    record.id.bytes[0] = static_cast<std::uint8_t>(version);
    record.fingerprint.fill(static_cast<std::uint8_t>(number));
    record.expires_at = at(expires_ms);
    records_->claim(digest_number(number), record);
  }
  void claim_committed(int first, int last) {
    for (int number = first; number < last; ++number) {
      begin();
      claim(number, 1);
      commit();
    }
  }
  int version_of(int number) {
    const auto record = records_->find(digest_number(number));
    return record ? record->id.bytes[0] : -1;
  }
  int rows(const char* sql) { return static_cast<int>(db_.pragma(sql)); }
  int recent_rows() { return rows("SELECT count(*) FROM idempotency_recent"); }
  int merged_rows() { return rows("SELECT count(*) FROM idempotency"); }

  Database db_;
  std::optional<IdempotencyRecords> records_;
};

TEST(KeyDigest, DependsOnEachPartAndItsBounds) {
  const auto base = digest_of("a", "b", "c");

  EXPECT_EQ(base, digest_of("a", "b", "c"));
  EXPECT_NE(base, digest_of("ab", "", "c"));
  EXPECT_NE(base, digest_of("a", "bc", ""));
  EXPECT_NE(base, digest_of("a", "b", "d"));
}

TEST_F(IdempotencyRecordsTest, EveryRecordIsFoundWhereverItIs) {
  claim_committed(0, 300);

  EXPECT_GT(merged_rows(), 100);
  EXPECT_LT(recent_rows(), 3 * kGather);
  for (int number = 0; number < 300; ++number) EXPECT_EQ(version_of(number), 1) << number;
  EXPECT_EQ(version_of(300), -1);
  reopen();
  for (int number = 0; number < 300; ++number) EXPECT_EQ(version_of(number), 1) << number;
}

TEST_F(IdempotencyRecordsTest, MergedRecordIsWhole) {
  claim_committed(0, 300);

  const auto record = records_->find(digest_number(0));

  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->fingerprint[5], 0);
  EXPECT_EQ(records_->find(digest_number(9))->fingerprint[5], 9);
  EXPECT_EQ(record->expires_at, at(1000));
}

TEST_F(IdempotencyRecordsTest, NewestClaimWinsInEveryPhaseOfAMerge) {
  claim_committed(0, 10);
  for (int round = 2; round < 12; ++round) {
    begin();
    claim(3, round);
    commit();
    claim_committed(round * 1000, round * 1000 + 17);
    EXPECT_EQ(version_of(3), round);
    reopen();
    EXPECT_EQ(version_of(3), round);
  }
}

TEST_F(IdempotencyRecordsTest, RolledBackClaimsAreForgotten) {
  claim_committed(0, 1);
  begin();
  claim(0, 2);
  claim(1, 1);
  rollback();

  EXPECT_EQ(version_of(0), 1);
  EXPECT_EQ(version_of(1), -1);
  begin();
  claim(1, 5);
  commit();
  EXPECT_EQ(version_of(1), 5);
}

TEST_F(IdempotencyRecordsTest, RollbackInTheMidstOfAMergeLosesNothing) {
  for (int number = 0; number < 400; ++number) {
    begin();
    claim(number, 1);
    records_->merge_share();
    if (number % 3 == 0) {
      rollback();
      begin();
      claim(number, 1);
    }
    commit();
  }

  for (int number = 0; number < 400; ++number) EXPECT_EQ(version_of(number), 1) << number;
  reopen();
  for (int number = 0; number < 400; ++number) EXPECT_EQ(version_of(number), 1) << number;
}

TEST_F(IdempotencyRecordsTest, UndoneSavepointKeepsWhatWasBeforeIt) {
  begin();
  claim(1, 1);
  records_->mark();
  db_.execute("SAVEPOINT one");
  claim(1, 2);
  claim(2, 2);
  db_.execute("ROLLBACK TO one");
  records_->back_to_mark();
  commit();

  EXPECT_EQ(version_of(1), 1);
  EXPECT_EQ(version_of(2), -1);
}

TEST_F(IdempotencyRecordsTest, SweepReachesMergedAndRecentRecords) {
  claim_committed(0, 200);
  begin();
  claim(1000, 1, 900'000);
  commit();

  int swept = 0;
  for (int calls = 0; calls < 30; ++calls) {
    begin();
    const int count = records_->sweep(at(120'000), 10);
    EXPECT_LE(count, 10);
    swept += count;
    commit();
  }
  // Some may stand in the generation that is being merged: claims move it on.
  claim_committed(2000, 2100);
  for (int calls = 0; calls < 50; ++calls) {
    begin();
    swept += records_->sweep(at(120'000), 10);
    commit();
  }

  for (int number = 0; number < 200; ++number) EXPECT_EQ(version_of(number), -1) << number;
  EXPECT_GE(swept, 200);
  EXPECT_EQ(version_of(1000), 1);
}

TEST_F(IdempotencyRecordsTest, RecentRowsDoNotPileUpAfterAReopen) {
  claim_committed(0, 5000);
  reopen();
  claim_committed(5000, 5300);

  EXPECT_LT(recent_rows(), 4 * kGather);
}

}  // namespace
}  // namespace taskgate::store::sqlite

#include "store/sqlite/idempotency.hpp"

#include "taskgate/core/sha256.hpp"

#include <algorithm>
#include <cstring>

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kLoadRecent =
    "SELECT number, digest, id, fingerprint, expires_at FROM idempotency_recent ORDER BY number";

constexpr const char* kInsertRecent =
    "INSERT INTO idempotency_recent (number, digest, id, fingerprint, expires_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

constexpr const char* kDeleteRecent = "DELETE FROM idempotency_recent WHERE number = ?1";

constexpr const char* kTrimRecent =
    "DELETE FROM idempotency_recent WHERE number > ?1 AND number <= ?2";

constexpr const char* kFindMerged =
    "SELECT id, fingerprint, expires_at FROM idempotency WHERE digest = ?1";

constexpr const char* kMergeRecord =
    "INSERT OR REPLACE INTO idempotency (digest, id, fingerprint, expires_at)"
    " VALUES (?1, ?2, ?3, ?4)";

// To the minute, as the index goes: a record is left for up to one after it expired.
constexpr const char* kExpiredRecords =
    "SELECT digest FROM idempotency WHERE expires_at / 60000 < ?1 / 60000"
    " ORDER BY expires_at / 60000 LIMIT ?2";

constexpr const char* kDeleteRecord = "DELETE FROM idempotency WHERE digest = ?1";

// The larger the merged table, the fewer of a generation's records share a page: one of 32,768 in
// ten million has a page almost to itself, and each such page is read, logged and copied back. So a
// generation grows with the file. At most about 15 MB, twice while one is merged; sorting more
// would hold up commits.
constexpr std::size_t kMostGathered = 131'072;
constexpr std::size_t kFilePagesPerRecord = 8;

// A generation must have been merged and trimmed before the next one is full: 1/2 + 1/4 < 1.
constexpr std::size_t kMergePerClaim = 2;
constexpr std::size_t kTrimPerClaim = 4;

KeyDigest digest_column(const Query& row, int column) {
  KeyDigest digest;
  const auto bytes = row.view(column);
  if (bytes.size() == digest.bytes.size())
    std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

// The first eight bytes as a number that sorts like the bytes themselves.
std::uint64_t sort_key(const KeyDigest& digest) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = (key << 8) | digest.bytes[i];
  return key;
}

}  // namespace

KeyDigest digest_of(std::string_view tenant, std::string_view route, std::string_view key) {
  std::string text;
  text.reserve(tenant.size() + route.size() + key.size() + 2);
  text.append(tenant).append(1, '\0').append(route).append(1, '\0').append(key);
  const auto full = sha256(text);
  KeyDigest digest;
  std::memcpy(digest.bytes.data(), full.data(), digest.bytes.size());
  return digest;
}

std::size_t IdempotencyRecords::DigestHash::operator()(const KeyDigest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes.data() + 8, sizeof value);
  return value;
}

IdempotencyRecords::IdempotencyRecords(Database& db, MergeLimits limits)
    : db_(db), limits_(limits) {
  choose_gather();
  active_.reserve(limits_.gather);
  auto query = db_.query(kLoadRecent);
  query.bind();
  while (query.step()) {
    KeyRecord record;
    record.number = query.integer(0);
    record.id = query.task_id(2);
    record.fingerprint = query.hash(3);
    record.expires_at = query.time(4);
    if (active_.empty()) trimmed_ = trimmed_now_ = record.number - 1;
    active_.insert_or_assign(digest_column(query, 1), record);
    next_number_ = record.number + 1;
  }
}

std::optional<KeyRecord> IdempotencyRecords::find(const KeyDigest& digest) {
  if (const auto found = active_.find(digest); found != active_.end()) return found->second;
  if (const auto found = frozen_.find(digest); found != frozen_.end()) return found->second;
  auto query = db_.query(kFindMerged);
  query.bind(digest.bytes);
  if (!query.step()) return std::nullopt;
  KeyRecord record;
  record.id = query.task_id(0);
  record.fingerprint = query.hash(1);
  record.expires_at = query.time(2);
  return record;
}

void IdempotencyRecords::claim(const KeyDigest& digest, KeyRecord record) {
  record.number = next_number_++;
  {
    auto insert = db_.query(kInsertRecent);
    insert.bind(record.number, digest.bytes, record.id, record.fingerprint, record.expires_at)
        .run();
  }
  change_active(digest, record);
  ++claims_;
}

void IdempotencyRecords::change_active(const KeyDigest& digest,
                                       const std::optional<KeyRecord>& record) {
  Undo undo{digest, std::nullopt};
  const auto found = active_.find(digest);
  if (found != active_.end()) undo.before = found->second;
  undo_.push_back(undo);
  if (record)
    active_.insert_or_assign(digest, *record);
  else
    active_.erase(digest);
}

void IdempotencyRecords::undo_to(std::size_t size) noexcept {
  while (undo_.size() > size) {
    const auto& undo = undo_.back();
    if (undo.before)
      active_.insert_or_assign(undo.digest, *undo.before);
    else
      active_.erase(undo.digest);
    undo_.pop_back();
  }
}

void IdempotencyRecords::merge_share() {
  if (order_.empty() || claims_ == 0) return;
  if (merged_now_ < order_.size())
    merge(claims_ * kMergePerClaim);
  else
    trim(claims_ * kTrimPerClaim);
}

void IdempotencyRecords::merge(std::size_t count) {
  const auto end = std::min(order_.size(), merged_now_ + count);
  auto insert = db_.query(kMergeRecord);
  for (; merged_now_ < end; ++merged_now_) {
    const auto& [digest, record] = *order_[merged_now_];
    insert.bind(digest.bytes, record.id, record.fingerprint, record.expires_at).run();
    insert.reset();
  }
}

void IdempotencyRecords::trim(std::size_t count) {
  const auto end = std::min(frozen_end_, trimmed_now_ + static_cast<std::int64_t>(count));
  auto erase = db_.query(kTrimRecent);
  erase.bind(trimmed_now_, end).run();
  trimmed_now_ = end;
}

void IdempotencyRecords::committed() {
  undo_.clear();
  claims_ = 0;
  merged_ = merged_now_;
  trimmed_ = trimmed_now_;
  if (!order_.empty() && merged_ == order_.size() && trimmed_ == frozen_end_) {
    order_.clear();
    frozen_.clear();
  }
  if (order_.empty() && active_.size() >= gather_) freeze();
}

void IdempotencyRecords::rolled_back() noexcept {
  undo_to(0);
  claims_ = 0;
  merged_now_ = merged_;
  trimmed_now_ = trimmed_;
}

void IdempotencyRecords::choose_gather() {
  const auto pages = db_.pragma("PRAGMA page_count");
  const auto wanted =
      static_cast<std::size_t>(std::max<std::int64_t>(pages, 0)) / kFilePagesPerRecord;
  gather_ = std::max(limits_.gather, std::min(wanted, kMostGathered));
}

// The active generation becomes the one that is merged.
void IdempotencyRecords::freeze() {
  choose_gather();
  frozen_.swap(active_);
  frozen_end_ = next_number_ - 1;
  merged_ = merged_now_ = 0;
  trimmed_now_ = trimmed_;
  // Sorting numbers, not digests: this runs while commands wait.
  std::vector<std::pair<std::uint64_t, const Records::value_type*>> keyed;
  keyed.reserve(frozen_.size());
  for (const auto& entry : frozen_) keyed.emplace_back(sort_key(entry.first), &entry);
  std::sort(keyed.begin(), keyed.end());
  order_.reserve(keyed.size());
  for (const auto& [key, entry] : keyed) order_.push_back(entry);
}

int IdempotencyRecords::sweep(TimePoint now, int limit) {
  const int merged = sweep_merged(now, limit);
  return merged + sweep_active(now, limit - merged);
}

int IdempotencyRecords::sweep_merged(TimePoint now, int limit) {
  std::vector<KeyDigest> expired;
  {
    auto query = db_.query(kExpiredRecords);
    query.bind(now, limit);
    while (query.step()) expired.push_back(digest_column(query, 0));
  }
  auto erase = db_.query(kDeleteRecord);
  for (const auto& digest : expired) {
    erase.bind(digest.bytes).run();
    erase.reset();
  }
  return static_cast<int>(expired.size());
}

// The frozen generation is let be: what has expired there is swept once it is merged.
int IdempotencyRecords::sweep_active(TimePoint now, int limit) {
  std::vector<std::pair<KeyDigest, std::int64_t>> expired;
  for (const auto& [digest, record] : active_) {
    if (static_cast<int>(expired.size()) >= limit) break;
    if (record.expires_at < now) expired.emplace_back(digest, record.number);
  }
  for (const auto& [digest, number] : expired) {
    auto erase = db_.query(kDeleteRecent);
    erase.bind(number).run();
    change_active(digest, std::nullopt);
  }
  return static_cast<int>(expired.size());
}

}  // namespace taskgate::store::sqlite

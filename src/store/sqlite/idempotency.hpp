#pragma once
// The idempotency records: which key belongs to which task.
//
// Keys are random, so an index of them grows everywhere at once: in a B-tree each new key dirties a
// page of its own, which costs more than the rest of an accept together. Hence two places, as in a
// log-structured merge tree. A new record is appended to `idempotency_recent` (durable with its
// task) and kept in memory; when enough have gathered they are merged into `idempotency` in key
// order, a few with every later transaction, so that one dirty page takes many of them.
//
// Belongs to the writer's thread. What an open transaction has changed here is undone with it.

#include "store/sqlite/database.hpp"
#include "taskgate/store/store.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskgate::store::sqlite {

/// First half of the SHA-256 of tenant, route and key, NUL between them: one fixed size, and no
/// client's text in an index.
struct KeyDigest {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const KeyDigest&) const = default;
};

KeyDigest digest_of(std::string_view tenant, std::string_view route, std::string_view key);

struct KeyRecord {
  TaskId id;
  std::array<std::uint8_t, 32> fingerprint{};
  TimePoint expires_at{};
  std::int64_t number = 0;  ///< of its row in idempotency_recent
};

/// When records move on; tests make it small.
struct MergeLimits {
  std::size_t gather = 32768;  ///< records kept in memory before they are merged, at least
};

class IdempotencyRecords {
 public:
  /// Reads the recent records back into memory.
  explicit IdempotencyRecords(Database& db, MergeLimits limits = MergeLimits());

  /// The newest record of this key, expired or not.
  std::optional<KeyRecord> find(const KeyDigest& digest);
  /// Writes a record; one of the same key that was there is forgotten.
  void claim(const KeyDigest& digest, KeyRecord record);
  /// Deletes up to `limit` records that expired before `now`; returns how many.
  int sweep(TimePoint now, int limit);
  /// Merges a share of what has gathered, in proportion to what the open transaction claimed. Call
  /// before it commits.
  void merge_share();

  void committed();
  void rolled_back() noexcept;
  /// A savepoint begins; back_to_mark() undoes what was claimed since.
  void mark() noexcept { marked_ = undo_.size(); }
  void back_to_mark() noexcept { undo_to(marked_); }

 private:
  struct DigestHash {
    std::size_t operator()(const KeyDigest& digest) const noexcept;
  };
  using Records = std::unordered_map<KeyDigest, KeyRecord, DigestHash>;
  struct Undo {
    KeyDigest digest;
    std::optional<KeyRecord> before;
  };

  void choose_gather();
  void freeze();
  void merge(std::size_t count);
  void trim(std::size_t count);
  void change_active(const KeyDigest& digest, const std::optional<KeyRecord>& record);
  void undo_to(std::size_t size) noexcept;
  int sweep_merged(TimePoint now, int limit);
  int sweep_active(TimePoint now, int limit);

  Database& db_;
  const MergeLimits limits_;
  std::size_t gather_ = 0;  ///< records that the next generation gathers
  Records active_;
  std::int64_t next_number_ = 1;
  std::size_t claims_ = 0;  ///< of the open transaction
  std::vector<Undo> undo_;  ///< of the open transaction, on active_
  std::size_t marked_ = 0;

  // The generation on its way into the merged table, in key order; then its rows are trimmed from
  // idempotency_recent. `_now` is where the open transaction has got to.
  Records frozen_;
  std::vector<const Records::value_type*> order_;
  std::size_t merged_ = 0;
  std::size_t merged_now_ = 0;
  std::int64_t trimmed_ = 0;  ///< rows up to this number are gone
  std::int64_t trimmed_now_ = 0;
  std::int64_t frozen_end_ = 0;  ///< the newest row of the frozen generation
};

}  // namespace taskgate::store::sqlite

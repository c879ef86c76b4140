#pragma once
// A database that is as if taskgate had run for months: the one task that a real taskgate left in
// it, multiplied by SQL with ids and keys of their own. Knows the tables by name and takes their
// columns as they are.

#include <cstdint>
#include <filesystem>
#include <string>

namespace taskgate::bench {

struct FillPlan {
  std::filesystem::path database;  ///< closed, with exactly one task in it
  std::int64_t copies = 0;
  enum class Due { as_it_was, now } due = Due::as_it_was;  ///< now: without its `not_before`
};

/// Writes the copies in one transaction, oldest first, every copy older than the original. Takes
/// about 25 µs a copy. Throws std::runtime_error.
void fill_store(const FillPlan& plan);

/// Takes away every task that is newer than the original of `copies` copies, so that the database
/// can be used again. Their idempotency records stay.
void remove_newer(const std::filesystem::path& database, std::int64_t copies);

/// The id of the copy with that number (from 0), as the API writes it.
std::string filled_task_id(std::int64_t number);

}  // namespace taskgate::bench

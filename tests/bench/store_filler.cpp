#include "store_filler.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace taskgate::bench {
namespace {

constexpr std::size_t kIdBytes = 16;
using IdBytes = std::array<unsigned char, kIdBytes>;

/// A UUIDv7 (RFC 9562 §5.7): one every 10 ms from the beginning of 2025 on.
IdBytes id_bytes(std::int64_t number) {
  constexpr std::uint64_t kFirstMs = 1'735'689'600'000;
  const auto count = static_cast<std::uint64_t>(number);
  const auto at = kFirstMs + count * 10;
  const std::uint64_t mixed = (count + 1) * 0x9E3779B97F4A7C15U;  // as good as random
  IdBytes id{};
  for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<unsigned char>(at >> (40 - 8 * i));
  for (std::size_t i = 6; i < 8; ++i) id[i] = static_cast<unsigned char>(mixed >> (8 * (i - 6)));
  for (std::size_t i = 8; i < kIdBytes; ++i)
    id[i] = static_cast<unsigned char>(mixed >> (8 * (i - 8)));
  id[6] = static_cast<unsigned char>((id[6] & 0x0F) | 0x70);
  id[8] = static_cast<unsigned char>((id[8] & 0x3F) | 0x80);
  return id;
}

/// Crockford's base32 of 128 bits: 26 digits, the first of 3 bits.
std::string id_digits(const IdBytes& id) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::size_t kLength = 26;
  constexpr std::size_t kPadding = kLength * 5 - kIdBytes * 8;
  std::string text;
  for (std::size_t digit = 0; digit < kLength; ++digit) {
    unsigned value = 0;
    for (std::size_t bit = digit * 5; bit < digit * 5 + 5; ++bit) {
      const bool is_set =
          bit >= kPadding && ((id[(bit - kPadding) / 8] >> (7 - (bit - kPadding) % 8)) & 1) != 0;
      value = value * 2 + (is_set ? 1U : 0U);
    }
    text += kDigits[value];
  }
  return text;
}

IdBytes read_id(sqlite3_value* value) {
  IdBytes id{};
  const auto* bytes = static_cast<const unsigned char*>(sqlite3_value_blob(value));
  if (bytes != nullptr && sqlite3_value_bytes(value) == static_cast<int>(kIdBytes)) {
    std::copy_n(bytes, kIdBytes, id.begin());
  }
  return id;
}

void new_id(sqlite3_context* context, int, sqlite3_value** values) {
  const auto id = id_bytes(sqlite3_value_int64(values[0]));
  sqlite3_result_blob(context, id.data(), static_cast<int>(id.size()), SQLITE_TRANSIENT);
}

void id_text(sqlite3_context* context, int, sqlite3_value** values) {
  const auto text = "task_" + id_digits(read_id(values[0]));
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

/// Digests in ascending order over the whole range (number of count), as wide as the original.
void new_digest(sqlite3_context* context, int, sqlite3_value** values) {
  const auto number = static_cast<std::uint64_t>(sqlite3_value_int64(values[0]));
  const auto count = static_cast<std::uint64_t>(sqlite3_value_int64(values[1]));
  const std::uint64_t high = ~std::uint64_t{0} / (count + 1) * (number + 1);
  std::string digest(static_cast<std::size_t>(sqlite3_value_bytes(values[2])), '\x5A');
  for (std::size_t i = 0; i < 8 && i < digest.size(); ++i) {
    digest[i] = static_cast<char>(high >> (56 - 8 * i));
  }
  sqlite3_result_blob(context, digest.data(), static_cast<int>(digest.size()), SQLITE_TRANSIENT);
}

class Filler {
 public:
  explicit Filler(FillPlan plan) : plan_(std::move(plan)) {
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(plan_.database.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    db_.reset(opened);
    if (code != SQLITE_OK) fail("open");
    define("bench_id", 1, new_id);
    define("bench_text", 1, id_text);
    define("bench_digest", 3, new_digest);
  }

  void run() {
    // No journal: the file is ours alone, and one transaction's log would be as large as the file.
    execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000");
    if (number("SELECT count(*) FROM tasks") != 1) {
      throw std::runtime_error("the database to be filled must hold one task");
    }
    execute("BEGIN IMMEDIATE");
    std::vector<Statement> copies;
    for (const char* table : {"tasks", "task_requests", "events"}) copies.push_back(copy_of(table));
    copies.push_back(copy_of_keys());
    for (std::int64_t i = 0; i < plan_.copies; ++i) {
      for (const auto& each : copies) step(each.get(), i);
    }
    copies.clear();
    execute("COMMIT; PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL");
  }

  void remove_newer() {
    const auto original =
        "(SELECT min(id) FROM tasks WHERE id > bench_id(" + std::to_string(plan_.copies - 1) + "))";
    execute("CREATE TEMP TABLE boundary AS SELECT " + original +
            " AS id, tenant FROM tasks LIMIT 1");
    execute("BEGIN IMMEDIATE");
    for (const char* table : {"task_requests", "events", "tasks"}) {
      execute(std::string("DELETE FROM ") + table +
              " WHERE tenant = (SELECT tenant FROM boundary) AND id > (SELECT id FROM boundary)");
    }
    execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;
  using Function = void (*)(sqlite3_context*, int, sqlite3_value**);

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("filling a database: " + what + ": " + sqlite3_errmsg(db_.get()));
  }

  void define(const char* name, int arguments, Function function) {
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    if (sqlite3_create_function(db_.get(), name, arguments, flags, nullptr, function, nullptr,
                                nullptr) != SQLITE_OK) {
      fail(name);
    }
  }

  void execute(const std::string& sql) {
    if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
  }

  Statement prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail(sql);
    return Statement(statement);
  }

  std::int64_t number(const std::string& sql) {
    const auto query = prepare(sql);
    if (sqlite3_step(query.get()) != SQLITE_ROW) fail(sql);
    return sqlite3_column_int64(query.get(), 0);
  }

  void step(sqlite3_stmt* statement, std::int64_t i) {
    sqlite3_bind_int64(statement, 1, i);
    if (sqlite3_step(statement) != SQLITE_DONE) fail("insert");
    sqlite3_reset(statement);
  }

  std::vector<std::string> columns_of(const std::string& table) {
    const auto query = prepare("SELECT name FROM pragma_table_info('" + table + "')");
    std::vector<std::string> names;
    while (sqlite3_step(query.get()) == SQLITE_ROW) {
      names.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(query.get(), 0)));
    }
    return names;
  }

  /// INSERT of what `source` holds, column by column, but for those in `instead`.
  Statement insert(const std::string& table,
                   const std::string& source,
                   const std::map<std::string, std::string>& instead) {
    std::string names;
    std::string values;
    for (const auto& name : columns_of(table)) {
      const auto other = instead.find(name);
      names += (names.empty() ? "" : ", ") + name;
      values += (values.empty() ? "" : ", ") + (other == instead.end() ? name : other->second);
    }
    return prepare("INSERT INTO " + table + " (" + names + ") SELECT " + values + " FROM " +
                   source);
  }

  Statement copy_of(const std::string& table) {
    const std::string original = "temp.original_" + table;
    execute("CREATE TEMP TABLE original_" + table + " AS SELECT * FROM main." + table);
    std::map<std::string, std::string> instead{{"id", "bench_id(?1)"}};
    if (table == "tasks") instead["expires_at"] = "expires_at + ?1";
    if (table == "tasks" && plan_.due == FillPlan::Due::now) instead["not_before"] = "NULL";
    if (table == "events")
      instead["data"] = "replace(data, bench_text(id), bench_text(bench_id(?1)))";
    return insert(table, original, instead);
  }

  /// The record of the task's idempotency key; nothing when it had none.
  Statement copy_of_keys() {
    execute(
        "CREATE TEMP TABLE original_keys AS SELECT digest, id, fingerprint, expires_at"
        " FROM idempotency UNION ALL SELECT digest, id, fingerprint, expires_at"
        " FROM idempotency_recent");
    const auto count = std::to_string(plan_.copies);
    return insert("idempotency", "temp.original_keys",
                  {{"digest", "bench_digest(?1, " + count + ", digest)"}, {"id", "bench_id(?1)"}});
  }

  const FillPlan plan_;
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace

void fill_store(const FillPlan& plan) {
  Filler(plan).run();
}

void remove_newer(const std::filesystem::path& database, std::int64_t copies) {
  FillPlan plan;
  plan.database = database;
  plan.copies = copies;
  Filler(std::move(plan)).remove_newer();
}

std::string filled_task_id(std::int64_t number) {
  return "task_" + id_digits(id_bytes(number));
}

}  // namespace taskgate::bench

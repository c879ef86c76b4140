#pragma once
// A SQLite database in a directory of its own, gone with the object.

#include "conformance/store_contract.hpp"

#include <filesystem>
#include <string>

namespace taskgate::store::contract {

class SqliteBackend final : public Backend {
 public:
  SqliteBackend();
  ~SqliteBackend() override;
  SqliteBackend(const SqliteBackend&) = delete;
  SqliteBackend& operator=(const SqliteBackend&) = delete;

  Result<std::unique_ptr<Store>> open() override;
  SqliteOptions options() const;
  std::string path() const { return (directory_ / "taskgate.db").string(); }
  /// All files of the database, one after the other.
  std::string raw_bytes() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace taskgate::store::contract

#include "conformance/sqlite_backend.hpp"

#include "conformance/store_journal_contract.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace taskgate::store::contract {

SqliteBackend::SqliteBackend() {
  auto pattern = (std::filesystem::temp_directory_path() / "taskgate-store-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = pattern;
}

SqliteBackend::~SqliteBackend() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

SqliteOptions SqliteBackend::options() const {
  SqliteOptions options;
  options.path = path();
  return options;
}

Result<std::unique_ptr<Store>> SqliteBackend::open() {
  return open_sqlite(options());
}

std::string SqliteBackend::raw_bytes() const {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const std::ifstream file(entry.path(), std::ios::binary);
    if (entry.file_size() > 0) all << file.rdbuf();
  }
  return all.str();
}

INSTANTIATE_TEST_SUITE_P(Sqlite,
                         StoreContract,
                         ::testing::Values(BackendFactory{
                             "Sqlite", [] { return std::make_unique<SqliteBackend>(); }}),
                         [](const auto& instance) { return instance.param.name; });

INSTANTIATE_TEST_SUITE_P(Sqlite,
                         JournalContract,
                         ::testing::Values(BackendFactory{
                             "Sqlite", [] { return std::make_unique<SqliteBackend>(); }}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace taskgate::store::contract

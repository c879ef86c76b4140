#include "taskgate/app/key_admin.hpp"

#include "taskgate/core/clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace taskgate::app {

namespace asio = boost::asio;

namespace {

Result<std::unique_ptr<store::Store>> open_offline(const std::string& database) {
  store::SqliteOptions options;
  options.path = database;
  options.reader_threads = 1;
  return store::open_sqlite(std::move(options));
}

// For what reads or changes what is there: a mistyped name must not become a database.
Result<std::unique_ptr<store::Store>> open_existing(const std::string& database) {
  std::error_code unknown;
  if (!std::filesystem::exists(database, unknown) && !unknown)
    return Error(Errc::not_found, "there is no database " + database);
  return open_offline(database);
}

// Runs one store call to its end on this thread.
template <class T>
Result<T> complete(store::Awaitable<T> call) {
  asio::io_context context{1};
  auto outcome = asio::co_spawn(context, std::move(call), asio::use_future);
  context.run();
  return outcome.get();
}

// It is printed to terminals.
bool is_key_name(std::string_view name) {
  constexpr std::size_t kLongest = 200;
  return name.size() <= kLongest && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

}  // namespace

Result<std::string> create_key(const std::string& database, const NewKey& key) {
  if (!api::is_tenant_name(key.tenant))
    return Error(Errc::invalid_argument,
                 "tenant: expected 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or "
                 "digit");
  if (!is_key_name(key.name))
    return Error(Errc::invalid_argument,
                 "name: expected at most 200 bytes without control characters");
  if (key.scopes == 0)
    return Error(Errc::invalid_argument,
                 "scopes: expected at least one of read, submit, operate, admin");
  auto opened = open_offline(database);
  if (!opened) return opened.error();
  auto generated = api::generate_key();
  const auto now = SystemClock().now();
  store::ApiKey row;
  row.id = generated.id;
  row.tenant = key.tenant;
  row.name = key.name;
  row.secret_hash = generated.secret_hash;
  row.scopes = key.scopes;
  row.created_at = now;
  if (key.lifetime) row.expires_at = now + *key.lifetime;
  const auto put = complete(opened.value()->put_key(std::move(row)));
  opened.value()->close();
  if (!put) return put.error();
  return std::move(generated.text);
}

Result<std::vector<store::ApiKey>> list_keys(const std::string& database) {
  auto opened = open_existing(database);
  if (!opened) return opened.error();
  auto keys = complete(opened.value()->keys());
  opened.value()->close();
  return keys;
}

Result<void> revoke_key(const std::string& database, const std::string& key_id) {
  auto opened = open_existing(database);
  if (!opened) return opened.error();
  const auto revoked = complete(opened.value()->revoke_key(key_id, SystemClock().now()));
  opened.value()->close();
  if (!revoked) return revoked.error();
  return {};
}

Result<std::vector<std::string>> webhook_secrets(const std::string& database,
                                                 const std::string& tenant) {
  auto opened = open_existing(database);
  if (!opened) return opened.error();
  auto secrets = complete(opened.value()->webhook_secrets(tenant));
  opened.value()->close();
  return secrets;
}

}  // namespace taskgate::app

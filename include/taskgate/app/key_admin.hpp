#pragma once
// API keys from the command line, on a database that no server has open (the server's own way is
// POST /keys).

#include "taskgate/api/auth.hpp"
#include "taskgate/core/result.hpp"
#include "taskgate/store/store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::app {

struct NewKey {
  std::string tenant = std::string(api::kDefaultTenant);
  std::string name;
  api::ScopeSet scopes = 0;
  std::optional<std::chrono::seconds> lifetime;  ///< unset: for ever
};

/// Creates a key; the returned text is the only copy of its secret. Errors: Errc::storage (also
/// when a server has the database open; the message says what to do), Errc::invalid_argument.
Result<std::string> create_key(const std::string& database, const NewKey& key);
/// Errors: also Errc::not_found when there is no database.
Result<std::vector<store::ApiKey>> list_keys(const std::string& database);
/// Errors: also Errc::not_found.
Result<void> revoke_key(const std::string& database, const std::string& key_id);
/// The tenant's webhook signing secrets, newest first; creates the first when there is none.
/// Errors: also Errc::not_found when there is no database.
Result<std::vector<std::string>> webhook_secrets(const std::string& database,
                                                 const std::string& tenant);

}  // namespace taskgate::app

#pragma once
// The body of POST /keys.

#include "api/problem.hpp"
#include "taskgate/api/auth.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace taskgate::api {

/// What a caller wants a key to be; usable when there is no problem.
struct KeyRequest {
  std::string name;
  std::string tenant;
  ScopeSet scopes = 0;
  std::optional<std::chrono::seconds> expires_in;
  std::optional<Problem> problem;  ///< 400 or 422 with every fault
};

/// `default_tenant` is taken when the body names none.
KeyRequest read_key_request(const std::string& body, std::string_view default_tenant);

}  // namespace taskgate::api

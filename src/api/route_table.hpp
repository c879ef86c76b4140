#pragma once
// What each route demands of its caller. The table itself is in routes.cpp.

#include "taskgate/api/auth.hpp"
#include "taskgate/net/http.hpp"

#include <string_view>

namespace taskgate::api {

/// Public, or the scope that is needed.
struct RouteAccess {
  bool is_public = false;
  Scope scope = Scope::admin;
};

/// HEAD counts as GET. A route that the table does not know needs `admin`: closed, not open.
RouteAccess find_access(net::Method method, std::string_view pattern) noexcept;

}  // namespace taskgate::api

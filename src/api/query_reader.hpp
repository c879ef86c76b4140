#pragma once
// Query parameters with names, types and ranges checked; every fault is collected.

#include "api/problem.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/core/task.hpp"
#include "taskgate/net/http.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::api {

/// Reads the query of one request. Unknown and repeated parameters are faults.
class QueryReader {
 public:
  /// `known`: the names that this route takes; "metadata." as an entry stands for every name that
  /// begins so.
  QueryReader(const net::Request& request, std::span<const std::string_view> known);

  std::optional<std::string> text(std::string_view name) const;
  /// A whole number from `low` to `high`; nullopt when absent or faulty.
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t low, std::int64_t high);
  /// An RFC 3339 time; nullopt when absent or faulty.
  std::optional<TimePoint> time(std::string_view name);
  /// A comma list; empty when absent. An empty element is kept: the caller judges it.
  std::vector<std::string> list(std::string_view name) const;
  /// Every parameter whose name begins with `prefix`, without it.
  std::vector<std::pair<std::string, std::string>> with_prefix(std::string_view prefix) const;

  void add_fault(std::string_view name, std::string message);
  /// 400 with every fault; nullopt when there is none.
  std::optional<Problem> problem() const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<Fault> faults_;
};

/// A page's place, opaque to clients: base64url of `kind` and the bytes.
std::string make_cursor(char kind, std::string_view bytes);
/// nullopt when it is not one that make_cursor gave out for that kind.
std::optional<std::string> read_cursor(char kind, std::string_view cursor);

}  // namespace taskgate::api

#pragma once
// What is wrong with a schema, collected while it is compiled.

#include "taskgate/checks/schema.hpp"

#include <string>
#include <utility>
#include <vector>

namespace taskgate::checks::schema {

/// Keeps the first twenty faults.
class Faults {
 public:
  void add(SchemaErrorKind kind, std::string path, std::string message) {
    if (all_.size() < kMaxFaults) all_.push_back({kind, std::move(path), std::move(message)});
  }
  bool empty() const { return all_.empty(); }
  /// Whether there is no point in looking for more.
  bool full() const { return all_.size() >= kMaxFaults; }
  std::vector<SchemaFault> take() { return std::move(all_); }

 private:
  static constexpr std::size_t kMaxFaults = 20;
  std::vector<SchemaFault> all_;
};

}  // namespace taskgate::checks::schema

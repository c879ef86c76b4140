#pragma once
// Compiled schemas by their text, for whoever meets the same `output_schema` with every task.
// Bounded in number and bytes; the least recently used goes first.

#include "taskgate/checks/schema.hpp"
#include "taskgate/core/sha256.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string_view>

namespace taskgate::checks {

struct SchemaCacheLimits {
  std::size_t max_entries = 256;      ///< zero: nothing is kept
  std::size_t max_bytes = 64U << 20;  ///< of CompiledSchema::bytes() together
};

/// Threads: any. Two that miss at once both compile; one result is kept.
class SchemaCache {
 public:
  /// All schemas are compiled with the same options.
  SchemaCache(SchemaOptions options, SchemaCacheLimits limits);

  /// The compiled form of `text`, from the cache or made now. Refusals are not kept.
  SchemaResult<CompiledSchema> get(std::string_view text);

  std::size_t entries() const;
  std::size_t bytes() const;

 private:
  struct Entry {
    Sha256Digest key;
    CompiledSchema schema;
  };

  void keep(const Sha256Digest& key, const CompiledSchema& schema);
  void drop_last();

  const SchemaOptions options_;
  const SchemaCacheLimits limits_;
  mutable std::mutex mutex_;
  std::list<Entry> by_use_;  ///< most recently used first
  std::map<Sha256Digest, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace taskgate::checks

#include "taskgate/checks/schema_cache.hpp"

#include <utility>

namespace taskgate::checks {

SchemaCache::SchemaCache(SchemaOptions options, SchemaCacheLimits limits)
    : options_(std::move(options)), limits_(limits) {}

SchemaResult<CompiledSchema> SchemaCache::get(std::string_view text) {
  const Sha256Digest key = sha256(text);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      by_use_.splice(by_use_.begin(), by_use_, found->second);
      return found->second->schema;
    }
  }
  auto compiled = compile_schema(text, options_);
  if (compiled) {
    const std::lock_guard lock(mutex_);
    keep(key, *compiled);
  }
  return compiled;
}

void SchemaCache::keep(const Sha256Digest& key, const CompiledSchema& schema) {
  if (by_key_.contains(key) || schema.bytes() > limits_.max_bytes || limits_.max_entries == 0)
    return;
  by_use_.push_front({key, schema});
  by_key_.emplace(key, by_use_.begin());
  bytes_ += schema.bytes();
  while (by_use_.size() > limits_.max_entries || bytes_ > limits_.max_bytes) drop_last();
}

void SchemaCache::drop_last() {
  bytes_ -= by_use_.back().schema.bytes();
  by_key_.erase(by_use_.back().key);
  by_use_.pop_back();
}

std::size_t SchemaCache::entries() const {
  const std::lock_guard lock(mutex_);
  return by_use_.size();
}

std::size_t SchemaCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace taskgate::checks

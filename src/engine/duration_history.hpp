#pragma once
// What recent tasks of a model took, for `estimated_duration_ms`. Thread-safe; bounded in models
// and samples.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace taskgate::engine {

class DurationHistory {
 public:
  /// Notes that a task of `model` took `total_ms` from its acceptance to its end.
  void record(const std::string& model, std::int64_t total_ms);
  /// The median of the model's last tasks; nullopt until there are five.
  std::optional<std::int64_t> median(const std::string& model) const;

 private:
  static constexpr std::size_t kSamples = 64;
  static constexpr std::size_t kMinimum = 5;
  static constexpr std::size_t kModels = 1024;  // past it the whole table starts anew
  struct Ring {
    std::array<std::int64_t, kSamples> values{};
    std::size_t count = 0;               // ever recorded
    std::optional<std::int64_t> cached;  // of the current contents
  };
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Ring> rings_;
};

}  // namespace taskgate::engine

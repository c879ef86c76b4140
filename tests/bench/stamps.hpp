#pragma once
// The text of a streamed chunk says when it was sent, so that whoever reads it, through whatever
// stands in between, can tell how long it was under way. Both ends read the same monotonic clock.

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

namespace taskgate::bench {

constexpr char kStampMark = '@';  ///< begins every chunk's text and stands nowhere else in a stream
constexpr std::size_t kStampDigits = 16;
constexpr std::size_t kStampSize = 1 + kStampDigits;

inline std::uint64_t nanoseconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

/// Writes kStampSize characters.
inline void write_stamp(char* out, std::uint64_t nanoseconds) {
  std::array<char, kStampSize + 8> text{};
  std::snprintf(text.data(), text.size(), "%c%016llu", kStampMark,
                static_cast<unsigned long long>(nanoseconds));
  std::string_view(text.data(), kStampSize).copy(out, kStampSize);
}

/// The stamp that `text` begins with; nullopt when there is none.
inline std::optional<std::uint64_t> read_stamp(std::string_view text) {
  if (text.size() < kStampSize || text.front() != kStampMark) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + kStampSize, value);
  if (error != std::errc() || end != text.data() + kStampSize) return std::nullopt;
  return value;
}

}  // namespace taskgate::bench

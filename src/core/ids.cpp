#include "taskgate/core/ids.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace taskgate {
namespace {

__extension__ using Uint128 = unsigned __int128;  // g++ and clang both have it; ISO C++ does not

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kTaskPrefix = "task_";
constexpr std::size_t kEncodedLength =
    26;  // 128 bits in 5-bit digits; the first digit holds 3 bits

constexpr std::uint64_t kMostAhead = 600'000;  // ms that an id may be ahead of the clock

void fill_random(std::uint8_t* out, std::size_t count) {
  if (RAND_bytes(out, static_cast<int>(count)) != 1)
    throw std::runtime_error("the system has no randomness to give");
}

// RAND_bytes costs a lock and a system call now and then: draw for many ids at once.
void cheap_random(std::uint8_t* out, std::size_t count) {
  thread_local std::array<std::uint8_t, 1024> pool{};
  thread_local std::size_t used = pool.size();
  if (pool.size() - used < count) {
    fill_random(pool.data(), pool.size());
    used = 0;
  }
  std::memcpy(out, pool.data() + used, count);
  used += count;
}

std::string encode(const std::array<std::uint8_t, 16>& bytes) {
  std::string text(kEncodedLength, '0');
  Uint128 value = 0;
  for (const auto byte : bytes) value = (value << 8) | byte;
  for (std::size_t i = kEncodedLength; i-- > 0;) {
    text[i] = kCrockford[static_cast<std::size_t>(value & 31)];
    value >>= 5;
  }
  return text;
}

}  // namespace

std::size_t TaskIdHash::operator()(const TaskId& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.bytes.data() + 8, sizeof value);
  return value;
}

TaskId make_task_id(TimePoint now) {
  thread_local std::uint64_t last_ms = 0;
  thread_local std::uint32_t counter = 0;
  auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  TaskId id;
  cheap_random(id.bytes.data() + 6, 10);
  // A clock that was set back by more than a moment is followed, or ids would speak of a time that
  // created_at does not know, and lists by time would miss them.
  if (ms > last_ms || last_ms - ms > kMostAhead) {
    last_ms = ms;
    counter = ((static_cast<std::uint32_t>(id.bytes[6]) << 8) | id.bytes[7]) &
              0x7FF;  // leaves room to count up
  } else if (++counter > 0xFFF) {
    ++last_ms;  // the counter overflowed: borrow from the future, as RFC 9562 §6.2 allows
    counter = 0;
  }
  ms = last_ms;
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (counter >> 8));
  id.bytes[7] = static_cast<std::uint8_t>(counter);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

std::string to_string(const TaskId& id) {
  std::string text(kTaskPrefix);
  text += encode(id.bytes);
  return text;
}

std::optional<TaskId> parse_task_id(std::string_view text) {
  if (text.size() != kTaskPrefix.size() + kEncodedLength || !text.starts_with(kTaskPrefix))
    return std::nullopt;
  text.remove_prefix(kTaskPrefix.size());
  if (text[0] > '7') return std::nullopt;  // more than 128 bits
  Uint128 value = 0;
  for (const char c : text) {
    const auto digit = kCrockford.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = (value << 5) | digit;
  }
  TaskId id;
  for (std::size_t i = 16; i-- > 0;) {
    id.bytes[i] = static_cast<std::uint8_t>(value & 0xFF);
    value >>= 8;
  }
  return id;
}

std::string make_id(std::string_view prefix) {
  std::string text(prefix);
  text += encode(make_task_id(SystemClock().now()).bytes);
  return text;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill_random(reinterpret_cast<std::uint8_t*>(bytes.data()), count);
  return bytes;
}

}  // namespace taskgate

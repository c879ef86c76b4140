#pragma once
// Structured logging: an event's name, then fields; one line per fact, to stderr.
//
//   log::info("task.finished", {{"task", id}, {"status", "success"}, {"ms", 12}});
//
// Values are copied into the line at once and pass through redact() (observe/redact.hpp); fields
// whose name says that they hold a credential are blotted out whole. Never log bodies, prompts,
// keys or webhook secrets all the same. The only state is spdlog's default logger, which `app` sets
// once.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace taskgate::log {

enum class Level : std::uint8_t { debug, info, warning, error, off };
enum class Format : std::uint8_t {
  text,   ///< for people: time, level, event, key=value …
  json,   ///< one object a line: {"ts":…,"level":…,"event":…,…}
  logfmt  ///< ts=… level=… event=… key=value …
};

const char* to_string(Level level) noexcept;
const char* to_string(Format format) noexcept;
std::optional<Level> parse_level(std::string_view name) noexcept;
std::optional<Format> parse_format(std::string_view name) noexcept;

/// A field's value. Borrows text: it lives as long as the call that logs it.
class Value {
 public:
  Value(bool value) : value_(value) {}  // NOLINT: implicit
  template <std::signed_integral T>
  Value(T value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT: implicit
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Value(T value)
      : value_(static_cast<std::uint64_t>(value)) {}                  // NOLINT: implicit
  Value(double value) : value_(value) {}                              // NOLINT: implicit
  Value(const char* text) : value_(std::string_view(text)) {}         // NOLINT: implicit
  Value(std::string_view text) : value_(text) {}                      // NOLINT: implicit
  Value(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT: implicit

  const auto& get() const { return value_; }

 private:
  std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view> value_;
};

struct Field {
  std::string_view key;  ///< snake_case, short
  Value value;
};
using Fields = std::initializer_list<Field>;

/// True when a line of that level would be written. Ask before making costly fields.
bool enabled(Level level) noexcept;

/// Writes one line. Thread-safe. Text longer than 2 KiB is cut.
void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) {
  if (enabled(Level::debug)) write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  if (enabled(Level::info)) write(Level::info, event, fields);
}
inline void warning(std::string_view event, Fields fields = {}) {
  if (enabled(Level::warning)) write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  if (enabled(Level::error)) write(Level::error, event, fields);
}

struct Options {
  Format format = Format::text;
  Level level = Level::info;
  /// Takes every finished line, without its newline, one call at a time. Empty: stderr.
  std::function<void(std::string_view)> writer;
};

/// Makes spdlog's default logger ours. `app` calls it once, before any thread is started; tests may
/// call it again.
void set_up(Options options);

}  // namespace taskgate::log

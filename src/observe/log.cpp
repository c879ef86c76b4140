#include "taskgate/observe/log.hpp"

#include "observe/render.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <mutex>
#include <utility>

namespace taskgate::log {
namespace {

constexpr std::array<std::pair<Level, const char*>, 5> kLevelNames{{{Level::debug, "debug"},
                                                                    {Level::info, "info"},
                                                                    {Level::warning, "warning"},
                                                                    {Level::error, "error"},
                                                                    {Level::off, "off"}}};
constexpr std::array<std::pair<Format, const char*>, 3> kFormatNames{
    {{Format::text, "text"}, {Format::json, "json"}, {Format::logfmt, "logfmt"}}};

spdlog::level::level_enum spdlog_level(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

// The one logger of the program: spdlog's default logger that also knows the form of its lines.
class StructuredLogger final : public spdlog::logger {
 public:
  StructuredLogger(Format format, spdlog::sink_ptr sink)
      : spdlog::logger("taskgate", std::move(sink)), format_(format) {}
  Format format() const { return format_; }

 private:
  Format format_;
};

// Hands finished lines to a function: for tests.
class WriterSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit WriterSink(std::function<void(std::string_view)> writer) : writer_(std::move(writer)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    writer_({line.data(), line.size()});
  }
  void flush_() override {}

 private:
  std::function<void(std::string_view)> writer_;
};

// What stands before the rendered event and fields; times are UTC.
const char* pattern_of(Format format) {
  switch (format) {
    case Format::json:
      return R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";
    case Format::logfmt:
      return "ts=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
    case Format::text:
      break;
  }
  return "%Y-%m-%d %H:%M:%S.%eZ %-7l %v";
}

}  // namespace

const char* to_string(Level level) noexcept {
  for (const auto& [value, name] : kLevelNames) {
    if (value == level) return name;
  }
  return "off";
}

const char* to_string(Format format) noexcept {
  for (const auto& [value, name] : kFormatNames) {
    if (value == format) return name;
  }
  return "text";
}

std::optional<Level> parse_level(std::string_view name) noexcept {
  for (const auto& [value, text] : kLevelNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::optional<Format> parse_format(std::string_view name) noexcept {
  for (const auto& [value, text] : kFormatNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool enabled(Level level) noexcept {
  const auto* const logger = spdlog::default_logger_raw();
  return logger != nullptr && logger->should_log(spdlog_level(level));
}

void write(Level level, std::string_view event, Fields fields) {
  auto* const logger = spdlog::default_logger_raw();
  if (logger == nullptr) return;
  const auto* const ours = dynamic_cast<const StructuredLogger*>(logger);
  const std::string line = render(ours != nullptr ? ours->format() : Format::text, event, fields);
  logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void set_up(Options options) {
  spdlog::sink_ptr sink;
  const char* const line_end = options.writer ? "" : "\n";
  if (options.writer) {
    sink = std::make_shared<WriterSink>(std::move(options.writer));
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_shared<StructuredLogger>(options.format, std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      pattern_of(options.format), spdlog::pattern_time_type::utc, line_end));
  logger->set_level(spdlog_level(options.level));
  logger->flush_on(spdlog::level::debug);  // a line that is not out when we crash is of no use
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace taskgate::log

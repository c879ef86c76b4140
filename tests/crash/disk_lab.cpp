#include "crash/disk_lab.hpp"

#include "taskgate/observe/log.hpp"

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace taskgate::crash {

LabOptions read_lab_options(int count, char** words, const std::string& name, std::size_t usual) {
  LabOptions options;
  options.count = usual;
  options.seed =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) %
      1'000'000;
  std::string variable = "TASKGATE_";
  for (const char c : name) variable += static_cast<char>(std::toupper(c));
  if (const char* number = std::getenv(variable.c_str()))
    options.count = std::strtoull(number, nullptr, 10);
  if (const char* seed = std::getenv("TASKGATE_SEED"))
    options.seed = std::strtoull(seed, nullptr, 10);
  for (int index = 1; index < count; index += 2) {
    const std::string_view flag = words[index];
    if (index + 1 == count || (flag != "--" + name && flag != "--seed"))
      throw std::runtime_error("usage: --" + name + " N --seed S");
    const auto value = std::strtoull(words[index + 1], nullptr, 10);
    (flag == "--seed" ? options.seed : options.count) = value;
  }
  return options;
}

std::filesystem::path lab_root() {
  constexpr std::uintmax_t kEnough = 256U << 20;
  const std::filesystem::path memory = "/dev/shm";
  std::error_code ignored;
  if (!std::filesystem::is_directory(memory, ignored) ||
      std::filesystem::space(memory, ignored).available < kEnough)
    return std::filesystem::temp_directory_path();
  return memory;
}

std::unique_ptr<store::Store> open_store(const std::filesystem::path& database) {
  store::SqliteOptions options;
  options.path = database.string();
  options.reader_threads = 1;
  auto opened = store::open_sqlite(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

void silence_log() {
  log::Options logging;
  logging.level = log::Level::off;
  log::set_up(logging);
}

}  // namespace taskgate::crash

// The tests' side of taskgate/core/crash_point.hpp, linked into their own build of the program.

#include "taskgate/core/crash_point.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

namespace taskgate {

namespace {

struct CrashAt {
  std::string name;
  int hit = 0;
};

// CRASH_AT=name:n
CrashAt read_crash_at() {
  CrashAt at;
  const char* text = std::getenv("CRASH_AT");
  if (text == nullptr) return at;
  at.name = text;
  const auto colon = at.name.find(':');
  if (colon == std::string::npos) return CrashAt();
  at.hit = static_cast<int>(std::strtol(at.name.c_str() + colon + 1, nullptr, 10));
  at.name.resize(colon);
  return at;
}

}  // namespace

void reach_crash_point(const char* name) noexcept {
  static const CrashAt at = read_crash_at();
  static std::atomic<int> hits{0};
  if (at.hit == 0 || at.name != name) return;
  if (hits.fetch_add(1) + 1 == at.hit) ::_exit(137);
}

}  // namespace taskgate

// The tests' side of taskgate/core/crash_point.hpp, linked into their own build of the program.

#include "taskgate/core/crash_point.hpp"

#include <signal.h>
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

// NAME=point:n
CrashAt read_place(const char* variable) {
  CrashAt at;
  const char* text = std::getenv(variable);
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
  static const CrashAt end = read_place("CRASH_AT");
  static const CrashAt stop = read_place("STOP_AT");
  static std::atomic<int> hits{0};
  const bool is_end = end.hit != 0 && end.name == name;
  const bool is_stop = stop.hit != 0 && stop.name == name;
  if (!is_end && !is_stop) return;
  const int hit = hits.fetch_add(1) + 1;
  if (is_end && hit == end.hit) ::_exit(137);
  if (is_stop && hit == stop.hit) (void)::raise(SIGSTOP);  // until SIGCONT: as if it had slept
}

}  // namespace taskgate

#pragma once
// Named places at which a test may end the process, as a power failure would: after the commit and
// before the answer, for instance. Compiled only into the tests' own build of the program
// (tests/crash/crash_points); everywhere else they are nothing at all, which a test checks. A
// macro, against the house's habit, because nothing of it may be left in what is shipped.
//
// A new one: write TASKGATE_CRASH_POINT("layer.place") where a crash would hurt most; the test
// finds it by its name.

#ifdef TASKGATE_CRASH_POINTS
namespace taskgate {
/// Ends the process with 137 when the environment's CRASH_AT says `name:n` and this is the n-th
/// time; stops it (SIGSTOP) when STOP_AT says so.
void reach_crash_point(const char* name) noexcept;
}  // namespace taskgate
#define TASKGATE_CRASH_POINT(name) ::taskgate::reach_crash_point(name)
#else
#define TASKGATE_CRASH_POINT(name) static_cast<void>(0)
#endif

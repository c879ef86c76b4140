#pragma once
// The monotone clock's names. Every deadline of the program is a SteadyTime: a jump of the wall
// clock must not move one.

#include <chrono>

namespace taskgate::runtime {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;
using SteadyDuration = SteadyClock::duration;

}  // namespace taskgate::runtime

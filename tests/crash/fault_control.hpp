#pragma once
// What a test tells the fault shim (fault_shim.cpp) inside the program under test, through a file
// that both map. Plain numbers: zero everywhere is a machine in good health.

#include <atomic>
#include <cstdint>

namespace taskgate::crash {

/// The file named by this variable of the environment; without it the shim does nothing.
inline constexpr const char* kFaultFileVariable = "TASKGATE_TEST_FAULTS";

struct FaultControl {
  std::atomic<std::int32_t> sync_error{0};      ///< errno of every fdatasync and fsync
  std::atomic<std::int32_t> write_error{0};     ///< errno of every pwrite (the database's writes)
  std::atomic<std::int32_t> accept_error{0};    ///< errno of every accept
  std::atomic<std::int32_t> sync_delay_us{0};   ///< before every fdatasync and fsync
  std::atomic<std::int64_t> clock_shift_ms{0};  ///< added to the wall clock
  std::atomic<std::uint64_t> syncs{0};          ///< seen so far
  std::atomic<std::uint64_t> failures{0};       ///< injected so far
};

}  // namespace taskgate::crash

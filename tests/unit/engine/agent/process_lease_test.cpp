#include "engine/agent/process_lease.hpp"

#include <gtest/gtest.h>

namespace taskgate::engine {
namespace {

using namespace std::chrono_literals;

TEST(ProcessLease, IsHeldByWhoeverBeganInItsEpoch) {
  ProcessLease lease(1h);
  const auto epoch = lease.renew();

  EXPECT_TRUE(lease.holds(epoch));
  EXPECT_EQ(lease.renew(), epoch);
  EXPECT_GT(lease.until(epoch), BootClock::now() + 59min);
  EXPECT_FALSE(lease.holds(epoch + 1));
}

TEST(ProcessLease, HeartbeatThatComesTooLateBeginsAnotherEpoch) {
  ProcessLease lease(0ms);  // over as soon as it begins
  const auto old = lease.renew();

  const auto next = lease.renew();

  EXPECT_NE(next, old);
  EXPECT_FALSE(lease.holds(old));
  EXPECT_EQ(lease.until(old), BootTime{});
}

TEST(BootClock, GoesOn) {
  const auto before = BootClock::now();

  EXPECT_LE(before, BootClock::now());
  EXPECT_GT(before.time_since_epoch().count(), 0);
}

}  // namespace
}  // namespace taskgate::engine

#include "taskgate/runtime/periodic.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;

namespace taskgate::runtime {
namespace {

asio::awaitable<void> count_and_fail(int* runs, TaskGroup* group) {
  if (++*runs == 5) group->request_stop();
  throw std::runtime_error("one bad round");
  co_return;
}

TEST(RunEvery, GoesOnAfterAFailedRoundAndReportsEach) {
  asio::io_context context(1);
  TaskGroup group(nullptr);
  int runs = 0;
  int reported = 0;
  auto loop = run_every(
      "sweep", std::chrono::milliseconds(1), [&] { return count_and_fail(&runs, &group); },
      [&](std::string_view what, std::exception_ptr) { reported += what == "sweep" ? 1 : 0; });

  group.spawn("sweep", context.get_executor(), OnError::log, std::move(loop));
  context.run();

  EXPECT_EQ(runs, 5);
  EXPECT_EQ(reported, 5);
  EXPECT_EQ(group.size(), 0U);
}

}  // namespace
}  // namespace taskgate::runtime

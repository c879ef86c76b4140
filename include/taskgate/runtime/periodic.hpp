#pragma once
// The loop round a run_once(): retention, rescue, polling. Tests call run_once() itself.

#include "taskgate/runtime/steady.hpp"
#include "taskgate/runtime/task_group.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace taskgate::runtime {

/// Awaits `run_once`, then sleeps `interval` ± 10 % (so that loops and nodes do not march in
/// step), for ever; the first run is at once. An exception of `run_once` is reported under `what`
/// and the loop goes on. Ends by cancellation (operation_aborted). Spawn it in a TaskGroup.
boost::asio::awaitable<void> run_every(std::string what,
                                       SteadyDuration interval,
                                       std::function<boost::asio::awaitable<void>()> run_once,
                                       ErrorReporter on_error);

}  // namespace taskgate::runtime

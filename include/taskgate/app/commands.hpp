#pragma once
// The commands that need a server or a database: serve, dev, keys, webhooks secret.

#include "taskgate/app/cli.hpp"

#include <iosfwd>

namespace taskgate::app {

/// Runs the command: data to `out`, messages to `err`. Precondition: run_offline() did not take it.
ExitCode run_command(const Command& command, std::ostream& out, std::ostream& err);

}  // namespace taskgate::app

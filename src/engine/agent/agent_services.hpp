#pragma once
// What agents' attempts share; owned by the engine, outlives them.

#include "engine/agent/process_lease.hpp"
#include "taskgate/tools/toolbox.hpp"

namespace taskgate::engine {

struct AgentServices {
  const tools::Toolbox& toolbox;
  ProcessLease& lease;
};

}  // namespace taskgate::engine

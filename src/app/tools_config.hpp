#pragma once
// From settings to the toolbox and the price table: for the composition root.

#include "taskgate/app/config.hpp"
#include "taskgate/engine/price.hpp"
#include "taskgate/tools/make_toolbox.hpp"

#include <vector>

namespace taskgate::app {

/// The tools that `config` switches on. `own_listeners` are never called.
tools::ToolboxConfig toolbox_config(const Config& config,
                                    std::vector<net::ListenEndpoint> own_listeners);

engine::PriceTable price_table(const Config& config);

}  // namespace taskgate::app

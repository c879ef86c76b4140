#pragma once
// What a server that starts says of itself in the log.

#include "taskgate/app/config.hpp"
#include "taskgate/store/records.hpp"

#include <string>
#include <vector>

namespace taskgate::app {

/// One line at level info: address, auth mode, database, which providers are on and which are off,
/// which tools are offered. `url`: what is listened on.
void report_start(const Config& config, const std::string& url);

/// One warning when requests need a key and `keys` holds none that could be used any more or yet:
/// nobody could call this server. `now` decides which have expired.
void warn_without_keys(const Config& config, const std::vector<store::ApiKey>& keys, TimePoint now);

}  // namespace taskgate::app

#pragma once
// How an event and its fields become the text of a line; what stands before them is spdlog's.

#include "taskgate/observe/log.hpp"

#include <string>
#include <string_view>

namespace taskgate::log {

/// json: `"event":"x","key":1`; logfmt: `event=x key=1`; text: `x key=1`. Text values are redacted,
/// cut at 2 KiB, and escaped so that no value can start a line or a field of its own.
std::string render(Format format, std::string_view event, Fields fields);

}  // namespace taskgate::log

#pragma once
// What a webhook says: {"id":"evt_…","type":…,"timestamp":…,"data":{…}}. Pure; the same row and
// event always give the same bytes.

#include "taskgate/core/event.hpp"
#include "taskgate/store/store.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace taskgate::delivery {

/// The whole task goes along up to this size; above it the receiver follows the link.
inline constexpr std::size_t kMaxTaskInPayload = 256U << 10U;

/// The message's id, webhook-id of every attempt: "evt_", the task's internal id and the event's
/// number. A receiver that keeps the ids it has seen handles each event once.
std::string webhook_id(const TaskId& task, std::uint64_t seq);

/// The request body. `event` is the announced event, or null when its content is gone (purged):
/// then the message is thin and its timestamp is the row's. `base_url` (no slash at its end; may be
/// empty) precedes the links' paths.
std::string webhook_body(const store::Delivery& delivery,
                         const Event* event,
                         std::string_view base_url);

}  // namespace taskgate::delivery

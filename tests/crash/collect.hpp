#pragma once
// The last questions of a crash test: everything repeated, everything waited for, everything read.

#include "crash/history.hpp"
#include "crash/webhook_receiver.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace taskgate::crash {

/// Submits everything once more (same key, same body: the same task), cancels what would not end,
/// and waits for the rest. Returns what did not come about in time; empty when all did.
std::string settle(std::uint16_t port,
                   History& history,
                   const WebhookReceiver& receiver,
                   std::chrono::seconds patience);

/// Reads every acknowledged task, its log, the list of tasks and the deliveries.
Outcome collect(std::uint16_t port, const History& history, const WebhookReceiver& receiver);

/// PRAGMA integrity_check and foreign_key_check of a closed database: "ok", or what they found.
std::string check_integrity(const std::filesystem::path& database);

/// The whole log of a task; `api` may be used for other things before and after.
std::vector<test::StreamedEvent> read_log(test::FragileClient& api, const std::string& task_id);

}  // namespace taskgate::crash

#pragma once
// What the clients of a crash test did and were told, and what stood there in the end. The
// invariants (invariants.hpp) are functions over the two.

#include "support/fragile_client.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::crash {

enum class SubmitBy {
  key,       ///< POST /tasks with an Idempotency-Key
  client_id  ///< PUT /tasks/{id}
};

/// One task as its client knows it.
struct Submission {
  std::string name;  ///< the key, or the client's own id; also in the task's metadata
  SubmitBy by = SubmitBy::key;
  std::string body;
  std::string echo;      ///< the text that the task must give; empty: not known
  bool endless = false;  ///< never ends unless cancelled
  bool wants_webhook = false;

  // What came of it.
  std::optional<std::string> id;  ///< of the first acknowledgement; unset: none was received
  bool cancel_acknowledged = false;
  std::optional<std::string> final_object;           ///< the first one seen, byte for byte
  std::map<std::uint64_t, std::string> seen_events;  ///< data by number, of streams and pages
};

/// Thread-safe. Contradictions (another id for the same key, a final object that changed) are noted
/// as they are seen.
class History {
 public:
  std::size_t add(Submission submission);
  void acknowledge(std::size_t index, const std::string& id);
  void acknowledge_cancel(std::size_t index);
  void see_object(std::size_t index, const std::string& object);
  void see_events(std::size_t index, const std::vector<test::StreamedEvent>& events);
  void contradict(std::string what);

  std::size_t size() const;
  Submission at(std::size_t index) const;
  std::vector<Submission> submissions() const;
  std::vector<std::string> contradictions() const;

 private:
  mutable std::mutex mutex_;  // guards all
  std::vector<Submission> submissions_;
  std::vector<std::string> contradictions_;
};

/// A task as it stands at the end.
struct FinalTask {
  std::string object;  ///< GET /tasks/{id}, byte for byte; empty: not there
  std::vector<test::StreamedEvent> events;
};

/// Everything that stands at the end.
struct Outcome {
  std::map<std::string, FinalTask> tasks;                       ///< by id; all acknowledged ones
  std::map<std::string, std::vector<std::string>> ids_by_name;  ///< of the whole list of tasks
  std::map<std::string, std::vector<std::string>> webhooks;     ///< delivered bodies by task id
  std::map<std::string, std::string> delivery_states;           ///< listed, by task id
  std::string integrity;                                        ///< "ok", or what SQLite found
};

}  // namespace taskgate::crash

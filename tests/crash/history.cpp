#include "crash/history.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::crash {

namespace {

bool is_final_object(const std::string& object) {
  const auto parsed = nlohmann::json::parse(object, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("status")) return false;
  const auto& status = parsed["status"];
  return status != "queued" && status != "running" && status != "waiting";
}

}  // namespace

std::size_t History::add(Submission submission) {
  std::lock_guard lock(mutex_);
  submissions_.push_back(std::move(submission));
  return submissions_.size() - 1;
}

void History::acknowledge(std::size_t index, const std::string& id) {
  std::lock_guard lock(mutex_);
  auto& submission = submissions_[index];
  if (!submission.id) submission.id = id;
  if (*submission.id != id)
    contradictions_.push_back(submission.name + " was " + *submission.id + ", then " + id);
}

void History::acknowledge_cancel(std::size_t index) {
  std::lock_guard lock(mutex_);
  submissions_[index].cancel_acknowledged = true;
}

void History::see_object(std::size_t index, const std::string& object) {
  const bool is_final = is_final_object(object);
  std::lock_guard lock(mutex_);
  auto& submission = submissions_[index];
  if (submission.final_object && *submission.final_object != object)
    contradictions_.push_back("I4: " + submission.id.value_or("") + " was\n    " +
                              *submission.final_object + "\n  and became\n    " + object);
  if (is_final && !submission.final_object) submission.final_object = object;
}

void History::see_events(std::size_t index, const std::vector<test::StreamedEvent>& events) {
  std::lock_guard lock(mutex_);
  auto& submission = submissions_[index];
  for (const auto& event : events) {
    const auto [place, is_new] = submission.seen_events.try_emplace(event.id, event.data);
    if (!is_new && place->second != event.data)
      contradictions_.push_back("event " + std::to_string(event.id) + " of " +
                                submission.id.value_or("") + " was\n    " + place->second +
                                "\n  and became\n    " + event.data);
  }
}

void History::contradict(std::string what) {
  std::lock_guard lock(mutex_);
  contradictions_.push_back(std::move(what));
}

std::size_t History::size() const {
  std::lock_guard lock(mutex_);
  return submissions_.size();
}

Submission History::at(std::size_t index) const {
  std::lock_guard lock(mutex_);
  return submissions_[index];
}

std::vector<Submission> History::submissions() const {
  std::lock_guard lock(mutex_);
  return submissions_;
}

std::vector<std::string> History::contradictions() const {
  std::lock_guard lock(mutex_);
  return contradictions_;
}

}  // namespace taskgate::crash

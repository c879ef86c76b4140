// A checker that never finds anything proves nothing: each invariant is shown a history that breaks
// it.

#include "crash/invariants.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace taskgate::crash {
namespace {

using nlohmann::json;

constexpr const char* kId = "task_1";

test::StreamedEvent event(std::uint64_t seq, const std::string& type, json more = json::object()) {
  more["seq"] = seq;
  more["type"] = type;
  return {seq, type, more.dump()};
}

json object() {
  return {{"id", kId}, {"status", "success"}, {"attempts", 2}, {"result", {{"text", "hello"}}}};
}

test::StreamedEvent delta(std::uint64_t seq, const std::string& text) {
  return event(seq, "output.delta", {{"delta", {{"type", "text_delta"}, {"text", text}}}});
}

// A history in which everything is as it should be.
struct Sample {
  std::vector<Submission> submissions;
  Outcome outcome;

  Sample() {
    Submission submission;
    submission.name = "k-1";
    submission.echo = "hello";
    submission.id = kId;
    submission.wants_webhook = true;
    submission.final_object = object().dump();
    FinalTask task;
    task.object = object().dump();
    task.events = {event(1, "task.queued"),   event(2, "task.running"),
                   delta(3, "hel"),           event(4, "output.reset"),
                   event(5, "task.retrying"), event(6, "task.running"),
                   delta(7, "hello"),         event(8, "task.success", {{"task", object()}})};
    for (const auto& each : task.events) submission.seen_events[each.id] = each.data;
    submissions.push_back(submission);
    outcome.tasks[kId] = task;
    outcome.ids_by_name["k-1"] = {kId};
    outcome.webhooks[kId] = {json{{"data", {{"id", kId}, {"task", object()}}}}.dump()};
    outcome.delivery_states[kId] = "delivered";
    outcome.integrity = "ok";
  }

  std::vector<test::StreamedEvent>& events() { return outcome.tasks[kId].events; }
  std::vector<std::string> violated() const {
    std::vector<std::string> names;
    for (const auto& invariant : all_invariants()) {
      if (!invariant.check(Evidence{submissions, outcome}).empty())
        names.emplace_back(invariant.name);
    }
    return names;
  }
};

struct Damage {
  const char* name;  // the start of the invariant's name
  std::function<void(Sample&)> inflict;
};

TEST(Invariants, HoldForASoundHistory) {
  EXPECT_EQ(Sample().violated(), std::vector<std::string>());
}

TEST(Invariants, EachIsViolatedByItsOwnDamage) {
  const std::vector<Damage> damages{
      {"I1", [](Sample& s) { s.outcome.tasks.clear(); }},
      {"I1", [](Sample& s) { s.submissions[0].id.reset(); }},
      {"I2", [](Sample& s) { s.events()[4] = event(5, "task.progress"); }},
      {"I2", [](Sample& s) { s.events()[1] = event(2, "task.waiting"); }},
      {"I3 numbers", [](Sample& s) { s.events().erase(s.events().begin() + 2); }},
      {"I3 numbers", [](Sample& s) { s.events()[3] = s.events()[2]; }},
      {"I3 numbers", [](Sample& s) { s.events().pop_back(); }},
      {"I3 numbers", [](Sample& s) { s.events().push_back(event(9, "task.progress")); }},
      {"I3 what", [](Sample& s) { s.submissions[0].seen_events[3] = "something else"; }},
      {"I3 what", [](Sample& s) { s.submissions[0].seen_events[9] = "more"; }},
      {"I4", [](Sample& s) { s.submissions[0].final_object = "{}"; }},
      {"I5 attempts", [](Sample& s) { s.events()[5] = event(6, "task.progress"); }},
      {"I5 failed",
       [](Sample& s) {
         for (const std::uint64_t seq : {3U, 4U, 5U})
           s.events()[seq - 1] = event(seq, "task.retrying", {{"delay_ms", 20}});
       }},
      {"the text", [](Sample& s) { s.events()[3] = event(4, "task.progress"); }},
      {"the text", [](Sample& s) { s.submissions[0].echo = "another"; }},
      {"the text", [](Sample& s) { s.events()[7] = event(8, "task.success"); }},
      {"an acknowledged",
       [](Sample& s) { s.submissions[0].endless = s.submissions[0].cancel_acknowledged = true; }},
      {"one task", [](Sample& s) { s.outcome.ids_by_name["k-1"].push_back("task_2"); }},
      {"one task", [](Sample& s) { s.outcome.ids_by_name["k-9"] = {"task_2"}; }},
      {"one task", [](Sample& s) { s.outcome.ids_by_name.clear(); }},
      {"I7", [](Sample& s) { s.outcome.webhooks.clear(); }},
      {"I7", [](Sample& s) { s.outcome.delivery_states.clear(); }},
      {"I7", [](Sample& s) { s.outcome.delivery_states[kId] = "pending"; }},
      {"I7", [](Sample& s) { s.outcome.webhooks[kId].push_back("{}"); }},
      {"the database", [](Sample& s) { s.outcome.integrity = "row 7 missing from index"; }}};
  std::size_t index = 0;
  for (const auto& damage : damages) {
    SCOPED_TRACE(std::string(damage.name) + ", number " + std::to_string(index++));
    Sample sample;

    damage.inflict(sample);

    bool is_found = false;
    for (const auto& name : sample.violated()) is_found |= name.starts_with(damage.name);
    EXPECT_TRUE(is_found);
  }
}

}  // namespace
}  // namespace taskgate::crash

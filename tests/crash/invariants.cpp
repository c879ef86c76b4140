#include "crash/invariants.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace taskgate::crash {

namespace {

using nlohmann::json;

json parse(const std::string& text) {
  return json::parse(text, nullptr, false);
}

std::string text_at(const json& value, const json::json_pointer& place) {
  if (!value.is_structured() || !value.contains(place)) return std::string();
  const auto& found = value[place];
  return found.is_string() ? found.get<std::string>() : std::string();
}

bool is_final_event(std::string_view type) {
  constexpr std::array<std::string_view, 5> kFinal{"task.success", "task.partial_success",
                                                   "task.failed", "task.cancelled", "task.expired"};
  return std::find(kFinal.begin(), kFinal.end(), type) != kFinal.end();
}

std::string at(const std::string& id, const test::StreamedEvent& event) {
  return id + " event " + std::to_string(event.id) + " (" + event.type + "): ";
}

// The transitions of the contract, read off the log: queued → running ⇄ waiting, running → queued,
// any live state → a final one.
Violations check_transitions(const std::string& id, const FinalTask& task) {
  Violations found;
  std::string status;
  for (const auto& event : task.events) {
    const auto& type = event.type;
    if (type == "task.queued") {
      if (!status.empty()) found.push_back(at(id, event) + "queued again");
      status = "queued";
    } else if (type == "task.running") {
      if (status != "queued" && status != "waiting")
        found.push_back(at(id, event) + "from '" + status + "'");
      status = "running";
    } else if (type == "task.waiting" || type == "task.retrying") {
      if (status != "running") found.push_back(at(id, event) + "from '" + status + "'");
      status = type == "task.waiting" ? "waiting" : "queued";
    } else if (is_final_event(type)) {
      if (status != "queued" && status != "running" && status != "waiting")
        found.push_back(at(id, event) + "from '" + status + "'");
      status = type.substr(5);
    } else if (type == "output.delta" && status != "running") {
      found.push_back(at(id, event) + "text while '" + status + "'");
    }
  }
  const auto object = parse(task.object);
  if (text_at(object, "/status"_json_pointer) != status)
    found.push_back(id + ": the log ends in '" + status + "', the object says otherwise");
  return found;
}

Violations check_numbers(const std::string& id, const FinalTask& task) {
  Violations found;
  std::uint64_t expected = 1;
  std::size_t finals = 0;
  for (const auto& event : task.events) {
    if (event.id != expected)
      found.push_back(at(id, event) + "stands where " + std::to_string(expected) + " belongs");
    if (parse(event.data).value("seq", std::uint64_t{0}) != event.id)
      found.push_back(at(id, event) + "its data has another number");
    if (is_final_event(event.type)) ++finals;
    expected = event.id + 1;
  }
  if (finals != 1) found.push_back(id + " has " + std::to_string(finals) + " final events");
  if (task.events.empty() || !is_final_event(task.events.back().type))
    found.push_back(id + ": the last event is not a final one");
  return found;
}

// The text of the attempt that counts is the result's, and the final event carries the object.
Violations check_text(const std::string& id, const FinalTask& task) {
  Violations found;
  std::string text;
  for (const auto& event : task.events) {
    if (event.type == "output.reset") text.clear();
    if (event.type == "output.delta")
      text += text_at(parse(event.data), "/delta/text"_json_pointer);
  }
  const auto object = parse(task.object);
  const bool is_success = text_at(object, "/status"_json_pointer) == "success";
  if (is_success && text_at(object, "/result/text"_json_pointer) != text)
    found.push_back(id + ": the deltas give another text than the result");
  if (!task.events.empty()) {
    const auto last = parse(task.events.back().data);
    if (!last.contains("task") || last["task"] != object)
      found.push_back(id + ": the final event holds another object than GET");
  }
  return found;
}

void append(Violations& all, Violations more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

template <class Check>
Violations for_each_task(const Evidence& evidence, Check check) {
  Violations found;
  for (const auto& submission : evidence.submissions) {
    if (!submission.id) continue;
    const auto task = evidence.outcome.tasks.find(*submission.id);
    if (task != evidence.outcome.tasks.end() && !task->second.object.empty())
      append(found, check(submission, task->second));
  }
  return found;
}

Violations acknowledged_is_present(const Evidence& evidence) {
  Violations found;
  for (const auto& submission : evidence.submissions) {
    if (!submission.id) {
      found.push_back(submission.name + " was never acknowledged, not even in the end");
      continue;
    }
    const auto task = evidence.outcome.tasks.find(*submission.id);
    if (task == evidence.outcome.tasks.end() || task->second.object.empty())
      found.push_back(*submission.id + " was acknowledged and is gone");
  }
  return found;
}

Violations transitions_are_legal(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    return check_transitions(*submission.id, task);
  });
}

Violations numbers_are_dense(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    return check_numbers(*submission.id, task);
  });
}

Violations final_objects_never_change(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    Violations found;
    if (submission.final_object && *submission.final_object != task.object)
      found.push_back(*submission.id + " was\n    " + *submission.final_object +
                      "\n  and became\n    " + task.object);
    return found;
  });
}

Violations shown_events_are_kept(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    Violations found;
    for (const auto& [number, data] : submission.seen_events) {
      const bool is_kept = number >= 1 && number <= task.events.size() &&
                           task.events[static_cast<std::size_t>(number) - 1].data == data;
      if (!is_kept)
        found.push_back(*submission.id + " event " + std::to_string(number) +
                        " was shown and is not in the log: " + data);
    }
    return found;
  });
}

Violations attempts_are_counted(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    Violations found;
    const auto started = std::count_if(task.events.begin(), task.events.end(),
                                       [](const auto& e) { return e.type == "task.running"; });
    const auto counted = parse(task.object).value("attempts", std::int64_t{-1});
    if (counted != started)
      found.push_back(*submission.id + " counts " + std::to_string(counted) +
                      " attempts, its log " + std::to_string(started));
    return found;
  });
}

// A failed attempt announces its backoff; one that a crash or a restart cut off does not count.
Violations failures_are_bounded(const Evidence& evidence) {
  constexpr std::ptrdiff_t kMostRetries = 2;  // of engine/max_attempts = 3
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    Violations found;
    const auto retries = std::count_if(task.events.begin(), task.events.end(), [](const auto& e) {
      return e.type == "task.retrying" && parse(e.data).contains("delay_ms");
    });
    if (retries > kMostRetries)
      found.push_back(*submission.id + " was retried " + std::to_string(retries) + " times");
    return found;
  });
}

Violations results_are_right(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    auto found = check_text(*submission.id, task);
    const auto object = parse(task.object);
    const auto status = text_at(object, "/status"_json_pointer);
    if (status == "success" && !submission.echo.empty() &&
        text_at(object, "/result/text"_json_pointer) != submission.echo)
      found.push_back(*submission.id + " does not echo its input");
    return found;
  });
}

Violations cancels_are_kept(const Evidence& evidence) {
  return for_each_task(evidence, [](const Submission& submission, const FinalTask& task) {
    Violations found;
    const auto status = text_at(parse(task.object), "/status"_json_pointer);
    if (submission.endless && submission.cancel_acknowledged && status != "cancelled")
      found.push_back(*submission.id + ": its cancel was acknowledged and it is " + status);
    return found;
  });
}

Violations one_task_a_name(const Evidence& evidence) {
  Violations found;
  std::set<std::string> known;
  for (const auto& submission : evidence.submissions) {
    known.insert(submission.name);
    const auto listed = evidence.outcome.ids_by_name.find(submission.name);
    if (listed == evidence.outcome.ids_by_name.end()) {
      found.push_back(submission.name + " is not in the list of tasks");
    } else if (listed->second.size() != 1) {
      found.push_back(submission.name + " made " + std::to_string(listed->second.size()) +
                      " tasks");
    }
  }
  for (const auto& [name, ids] : evidence.outcome.ids_by_name) {
    if (!known.contains(name)) found.push_back(ids.front() + " is nobody's (" + name + ")");
  }
  return found;
}

Violations webhooks_are_delivered(const Evidence& evidence) {
  return for_each_task(evidence, [&](const Submission& submission, const FinalTask& task) {
    Violations found;
    if (!submission.wants_webhook) return found;
    const auto& outcome = evidence.outcome;
    const auto listed = outcome.delivery_states.find(*submission.id);
    if (listed == outcome.delivery_states.end())
      found.push_back(*submission.id + ": its webhook is not in the delivery log");
    else if (listed->second != "delivered" && listed->second != "exhausted")
      found.push_back(*submission.id + ": its webhook is still " + listed->second);
    const auto bodies = outcome.webhooks.find(*submission.id);
    if (bodies == outcome.webhooks.end()) {
      if (listed == outcome.delivery_states.end() || listed->second == "delivered")
        found.push_back(*submission.id + ": its webhook never arrived");
      return found;
    }
    for (const auto& body : bodies->second) {
      if (body != bodies->second.front())
        found.push_back(*submission.id + ": its webhooks differ from each other");
      if (parse(body).value("/data/task"_json_pointer, json()) != parse(task.object))
        found.push_back(*submission.id + ": its webhook announced something else");
    }
    return found;
  });
}

Violations database_is_sound(const Evidence& evidence) {
  if (evidence.outcome.integrity == "ok") return {};
  return {"integrity_check: " + evidence.outcome.integrity};
}

constexpr std::array<Invariant, 12> kInvariants{{
    {"I1 what was acknowledged is there", acknowledged_is_present},
    {"I2 transitions are legal", transitions_are_legal},
    {"I3 numbers are dense, one final event, the last", numbers_are_dense},
    {"I3 what a reader was shown is in the log", shown_events_are_kept},
    {"I4 a final object never changes", final_objects_never_change},
    {"I5 attempts are counted", attempts_are_counted},
    {"I5 failed attempts are bounded", failures_are_bounded},
    {"the text is the result's", results_are_right},
    {"an acknowledged cancel is kept", cancels_are_kept},
    {"one task for a key or an id", one_task_a_name},
    {"I7 webhooks arrive or are listed", webhooks_are_delivered},
    {"the database is sound", database_is_sound},
}};

}  // namespace

std::span<const Invariant> all_invariants() {
  return kInvariants;
}

Violations check_log(const std::string& id, const FinalTask& task) {
  auto found = check_numbers(id, task);
  append(found, check_transitions(id, task));
  append(found, check_text(id, task));
  return found;
}

}  // namespace taskgate::crash

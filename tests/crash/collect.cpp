#include "crash/collect.hpp"

#include "crash/load.hpp"

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <thread>

namespace taskgate::crash {

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kThreads = 4;

// Calls `work` for 0..count-1 from a few threads, each with a connection of its own.
void in_parallel(std::uint16_t port,
                 std::size_t count,
                 const std::function<void(test::FragileClient&, std::size_t)>& work) {
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < kThreads; ++first) {
    threads.emplace_back([&, first] {
      test::FragileClient api(port);
      for (auto index = first; index < count; index += kThreads) work(api, index);
    });
  }
  for (auto& thread : threads) thread.join();
}

// One exchange on a server that is up; a broken connection is a contradiction.
test::RawResponse must_exchange(test::FragileClient& api,
                                History& history,
                                test::ApiRequest request) {
  auto answer = api.exchange(request);
  if (!answer) history.contradict(request.method + " " + request.target + ": no answer");
  return answer.value_or(test::RawResponse());
}

void repeat_all(std::uint16_t port, History& history) {
  in_parallel(port, history.size(), [&](test::FragileClient& api, std::size_t index) {
    const auto submission = history.at(index);
    const auto answer = must_exchange(api, history, submit_request(submission));
    if (answer.status != 200 && answer.status != 202)
      history.contradict(submission.name + " repeated: " + std::to_string(answer.status) + " " +
                         answer.body);
    else
      note_submit_answer(history, index, answer);
  });
}

void cancel_all_endless(std::uint16_t port, History& history) {
  in_parallel(port, history.size(), [&](test::FragileClient& api, std::size_t index) {
    const auto submission = history.at(index);
    if (!submission.endless || !submission.id) return;
    const auto answer = must_exchange(api, history, cancel_request(*submission.id));
    if (!note_cancel_answer(history, index, answer))
      history.contradict("a cancel was answered " + std::to_string(answer.status));
  });
}

json get_json(test::FragileClient& api, const std::string& target) {
  const auto answer = api.get(target);
  if (!answer || answer->status != 200) return json();
  return json::parse(answer->body, nullptr, false);
}

// Long-polls one live task after the other until the list of live ones is empty.
std::string wait_for_all_tasks(std::uint16_t port, Clock::time_point until) {
  test::FragileClient api(port);
  for (;;) {
    const auto live = get_json(api, "/tasks?status=queued,running,waiting&limit=1");
    if (!live.is_object() || !live.contains("data")) return "the list of live tasks: no answer";
    if (live["data"].empty()) return std::string();
    const auto id = live["data"][0].value("id", "");
    if (Clock::now() > until) return id + " is still " + live["data"][0].value("status", "");
    api.get("/tasks/" + id + "?wait=2");
  }
}

// Every page of a list; false when one did not come.
bool for_each_page(test::FragileClient& api,
                   const std::string& target,
                   const std::function<void(const json&)>& see) {
  std::string cursor;
  for (;;) {
    const auto page = get_json(api, target + cursor);
    if (!page.is_object() || !page.contains("data")) return false;
    for (const auto& entry : page["data"]) see(entry);
    if (!page.value("has_more", false)) return true;
    cursor = "&cursor=" + page["next_cursor"].get<std::string>();
  }
}

// One that failed often is hours away from its next attempt: it is asked for now, once after each.
void ask_for(test::FragileClient& api,
             const json& delivery,
             std::set<std::pair<std::string, int>>& asked) {
  const auto id = delivery.value("id", "");
  if (!asked.insert({id, delivery.value("attempts", 0)}).second) return;
  test::ApiRequest request;
  request.method = "POST";
  request.target = "/webhook_deliveries/" + id + "/redeliver";
  (void)api.exchange(request);  // what comes of it shows in the list
}

std::string wait_for_webhooks(std::uint16_t port,
                              const WebhookReceiver& receiver,
                              Clock::time_point until) {
  test::FragileClient api(port);
  std::set<std::pair<std::string, int>> asked;  // id and attempts
  for (;;) {
    const auto attempts = receiver.attempts();
    const auto pending = get_json(api, "/webhook_deliveries?status=pending&limit=100");
    if (!pending.is_object() || !pending.contains("data")) return "the delivery log: no answer";
    if (pending["data"].empty()) return std::string();
    if (Clock::now() > until) return "a webhook is still pending: " + pending["data"][0].dump();
    for (const auto& delivery : pending["data"]) ask_for(api, delivery, asked);
    receiver.wait_for_more(attempts, std::chrono::milliseconds(200));
  }
}

}  // namespace

std::string settle(std::uint16_t port,
                   History& history,
                   const WebhookReceiver& receiver,
                   std::chrono::seconds patience) {
  repeat_all(port, history);
  cancel_all_endless(port, history);
  const auto until = Clock::now() + patience;
  auto missing = wait_for_all_tasks(port, until);
  if (missing.empty()) missing = wait_for_webhooks(port, receiver, until);
  return missing;
}

std::vector<test::StreamedEvent> read_log(test::FragileClient& api, const std::string& task_id) {
  std::vector<test::StreamedEvent> events;
  for (;;) {
    const auto after = events.empty() ? std::uint64_t{0} : events.back().id;
    const auto answer =
        api.get("/tasks/" + task_id + "/events?limit=1000&after=" + std::to_string(after));
    if (!answer || answer->status != 200) return events;
    auto page = events_of_page(answer->body);
    if (page.empty()) return events;
    events.insert(events.end(), std::make_move_iterator(page.begin()),
                  std::make_move_iterator(page.end()));
  }
}

Outcome collect(std::uint16_t port, const History& history, const WebhookReceiver& receiver) {
  Outcome outcome;
  const auto submissions = history.submissions();
  for (const auto& submission : submissions) {
    if (submission.id) outcome.tasks.try_emplace(*submission.id);
  }
  in_parallel(port, submissions.size(), [&](test::FragileClient& api, std::size_t index) {
    const auto& id = submissions[index].id;
    if (!id) return;
    auto& task = outcome.tasks.find(*id)->second;  // its own: no other thread has this id
    const auto answer = api.get("/tasks/" + *id);
    if (!answer || answer->status != 200) return;
    task.object = answer->body;
    task.events = read_log(api, *id);
  });

  test::FragileClient api(port);
  for_each_page(api, "/tasks?limit=100", [&](const json& task) {
    const auto name = task["metadata"].value("name", "");
    outcome.ids_by_name[name].push_back(task.value("id", ""));
  });
  for_each_page(api, "/webhook_deliveries?limit=100", [&](const json& delivery) {
    outcome.delivery_states[delivery.value("task_id", "")] = delivery.value("status", "");
  });
  outcome.webhooks = receiver.delivered();
  return outcome;
}

std::string check_integrity(const std::filesystem::path& database) {
  sqlite3* raw = nullptr;
  if (sqlite3_open_v2(database.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
    return std::string("cannot be opened: ") + sqlite3_errmsg(raw);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> connection(raw, sqlite3_close);
  std::string found;
  const auto collect_row = [](void* text, int count, char** values, char**) {
    for (int column = 0; column < count; ++column) {
      *static_cast<std::string*>(text) += values[column] == nullptr ? "NULL" : values[column];
      *static_cast<std::string*>(text) += ' ';
    }
    return 0;
  };
  for (const char* question : {"PRAGMA integrity_check", "PRAGMA foreign_key_check"}) {
    if (sqlite3_exec(raw, question, collect_row, &found, nullptr) != SQLITE_OK)
      return std::string(question) + ": " + sqlite3_errmsg(raw);
  }
  while (found.ends_with(' ')) found.pop_back();
  return found;
}

}  // namespace taskgate::crash

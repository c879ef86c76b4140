// Rows of growth: the same requests on databases with more and more finished tasks in them.

#include "lab.hpp"
#include "store_filler.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace taskgate::bench {
namespace {

constexpr int kGrowthConnections = 64;
constexpr double kFlat = 0.85;  // within 15 % of an empty store

std::string grouped(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::filesystem::path fill(Lab& lab, const std::filesystem::path& folder, std::int64_t stored) {
  const auto database = folder / ("finished-" + std::to_string(stored) + ".db");
  if (std::filesystem::exists(database)) {
    remove_newer(database, stored);  // what a run that was cut off left there
    return database;
  }
  Lab::progress("growth, writing " + grouped(stored) + " finished tasks");
  const auto unfinished = database.string() + ".unfinished";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(unfinished + suffix);
  TaskgateOptions options;
  options.database = unfinished;
  {
    const auto server = lab.start_taskgate(options);
    ask(server->process.port(), make_submit("sim/echo", SubmitStyle::wait).wire, 200);
  }
  FillPlan plan;
  plan.database = unfinished;
  plan.copies = stored;
  fill_store(plan);
  std::filesystem::rename(unfinished, database);
  std::filesystem::remove(unfinished + "-lock");
  return database;
}

std::vector<std::string> polls_of_new(const ServerProcess& server, int count) {
  std::vector<std::string> polls;
  for (int i = 0; i < count; ++i) {
    const auto task = ask(server.port(), make_submit("sim/echo", SubmitStyle::wait).wire, 200);
    polls.push_back(make_get("/tasks/" + string_member(task.body, "id")));
  }
  return polls;
}

std::vector<std::string> polls_of_stored(std::int64_t stored) {
  constexpr int kPolls = 50'000;  // more than the program keeps in memory, if there are as many
  std::mt19937_64 random(1);      // the same ones every time
  std::uniform_int_distribution<std::int64_t> any(0, stored - 1);
  std::vector<std::string> polls;
  for (int i = 0; i < kPolls; ++i)
    polls.push_back(make_get("/tasks/" + filled_task_id(any(random))));
  return polls;
}

/// One database under test.
struct Subject {
  std::int64_t stored = 0;
  std::filesystem::path database;
  std::unique_ptr<TaskgateServer> server;
  std::vector<std::string> recent;
  Side accept;
  Side submit;
  Side poll;
  Side poll_stored;
};

Subject make_subject(Lab& lab, std::int64_t stored, std::filesystem::path database) {
  Subject subject;
  subject.stored = stored;
  subject.database = std::move(database);
  TaskgateOptions options;
  options.database = subject.database;
  subject.server = lab.start_taskgate(options);
  subject.recent = polls_of_new(subject.server->process, lab.settings().poll_tasks);
  return subject;
}

void measure_polls(Lab& lab, const Subject& subject, std::vector<std::string> polls, Side& side) {
  auto plan = lab.plan(subject.server->process, kGrowthConnections);
  plan.requests = std::move(polls);
  lab.measure(subject.server->process, plan, side);
}

/// One round: each kind of request on every database before the next kind.
void growth_round(Lab& lab, std::vector<Subject>& subjects) {
  for (auto& each : subjects) {
    const auto& process = each.server->process;
    const auto plan = submit_plan(lab, process, kGrowthConnections, SubmitStyle::delayed);
    lab.measure(process, plan, each.accept);
  }
  for (auto& each : subjects) {
    const auto& process = each.server->process;
    const auto plan = submit_plan(lab, process, kGrowthConnections, SubmitStyle::wait);
    lab.measure(process, plan, each.submit);
  }
  for (auto& each : subjects) measure_polls(lab, each, each.recent, each.poll);
  for (auto& each : subjects) {
    if (each.stored == 0) {
      each.poll_stored = each.poll;
    } else {
      measure_polls(lab, each, polls_of_stored(each.stored), each.poll_stored);
    }
  }
}

ComparisonRow growth_row(const std::string& what,
                         const Subject& subject,
                         const Subject& empty,
                         Side Subject::*side) {
  ComparisonRow row;
  row.what = what + " with " + grouped(subject.stored) + " tasks stored";
  row.unit = "requests/s";
  row.limit = "on an empty store";
  row.taskgate = subject.*side;
  row.peer = empty.*side;
  row.goal = Goal::at_least(kFlat);
  return row;
}

}  // namespace

void measure_growth(Lab& lab, Report& report) {
  const auto& settings = lab.settings();
  const TemporaryFolder temporary(settings.folder);
  const auto folder = settings.filled.empty() ? temporary.path() : settings.filled;
  std::vector<Subject> subjects;
  subjects.push_back(make_subject(lab, 0, temporary.path() / "empty.db"));
  for (const auto stored : settings.stored) {
    subjects.push_back(make_subject(lab, stored, fill(lab, folder, stored)));
  }
  for (int round = 1; round <= settings.rounds; ++round) {
    Lab::progress("growth, round " + std::to_string(round));
    growth_round(lab, subjects);
  }
  const auto& empty = subjects.front();
  for (const auto& each : subjects) {
    if (each.stored == 0) continue;
    report.comparisons.push_back(growth_row("durable accept only", each, empty, &Subject::accept));
    report.comparisons.push_back(
        growth_row("submit to final (accept, claim, finish)", each, empty, &Subject::submit));
    report.comparisons.push_back(
        growth_row("poll of tasks just finished", each, empty, &Subject::poll));
    report.comparisons.push_back(
        growth_row("poll of any of the tasks", each, empty, &Subject::poll_stored));
  }
  for (auto& each : subjects) {
    each.server.reset();
    if (each.stored > 0 && !settings.filled.empty()) remove_newer(each.database, each.stored);
  }
}

}  // namespace taskgate::bench

// Rows of plain requests: the disk, accepting, polling, end to end.

#include "lab.hpp"
#include "machine.hpp"
#include "probe.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

LoadPlan submit_plan(const Lab& lab,
                     const ServerProcess& server,
                     int connections,
                     SubmitStyle style) {
  auto plan = lab.plan(server, connections);
  const auto submit = make_submit("sim/echo", style);
  plan.requests = {submit.wire};
  plan.key_offset = submit.key_offset;
  plan.expected_status = style == SubmitStyle::wait ? 200 : 202;
  return plan;
}

bool has_tasks(const ServerProcess& server, const std::string& status) {
  const auto page = ask(server.port(), make_get("/tasks?limit=1&status=" + status), 200);
  return page.body.find("\"task_") != std::string::npos;
}

/// Seconds from `begun` until no task is queued or running. Bounded.
double seconds_to_drain(const ServerProcess& server, Clock::time_point begun) {
  const auto give_up = Clock::now() + 120s;
  while (has_tasks(server, "queued") || has_tasks(server, "running")) {
    if (Clock::now() > give_up) throw std::runtime_error("tasks were left unfinished");
  }
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

std::string at(int connections) {
  return std::to_string(connections) + (connections == 1 ? " connection" : " connections");
}

struct AcceptRows {
  ComparisonRow delayed;
  ComparisonRow run;
  FigureRow finished;
};

AcceptRows make_accept_rows(int connections) {
  AcceptRows rows;
  rows.delayed.what = "durable accept only (`not_before` tomorrow), " + at(connections);
  rows.run.what = "durable accept while the accepted tasks run (`sim/echo`), " + at(connections);
  for (auto* row : {&rows.delayed, &rows.run}) {
    row->unit = "accepts/s";
    row->limit = "bare Beast";
  }
  if (connections == 64) rows.delayed.goal = Goal::at_least(0.40, "≥ 0.40 (then 0.50)");
  if (connections == 256) rows.delayed.goal = Goal::at_least(0.55, "≥ 0.55 (then 0.65)");
  rows.finished = {"tasks run to their end, accepted by " + at(connections) + " without waiting",
                   "tasks/s",
                   {},
                   {}};
  return rows;
}

/// Both forms of the limit, answering the same request.
void measure_bare_accept(Lab& lab, int connections, ComparisonRow& row) {
  const auto& ordinary = lab.bare(Lab::BareForm::ordinary);
  const auto plan = submit_plan(lab, ordinary, connections, SubmitStyle::delayed);
  lab.measure(ordinary, plan, row.peer);
  const auto& stripped = lab.bare(Lab::BareForm::stripped);
  const auto plan2 = submit_plan(lab, stripped, connections, SubmitStyle::delayed);
  lab.measure(stripped, plan2, row.stripped_peer);
}

/// One round: A, B, C on the same machine within seconds of each other.
void accept_round(Lab& lab, int connections, AcceptRows& rows) {
  measure_bare_accept(lab, connections, rows.delayed);
  {
    const auto server = lab.start_taskgate();
    const auto plan = submit_plan(lab, server->process, connections, SubmitStyle::delayed);
    lab.measure(server->process, plan, rows.delayed.taskgate);
  }
  const auto server = lab.start_taskgate();
  const auto begun = Clock::now();
  const auto plan = submit_plan(lab, server->process, connections, SubmitStyle::run);
  const auto accepted = lab.measure(server->process, plan, rows.run.taskgate);
  const double seconds = seconds_to_drain(server->process, begun);
  rows.finished.values.add(static_cast<double>(accepted.total) / seconds);
}

}  // namespace

void measure_disk(Lab& lab, Report& report) {
  FigureRow p50{"fdatasync of a 4 KiB append in the database's folder, p50", "µs", {}, {}};
  FigureRow p99{"the same, p99", "µs", {}, {}};
  for (int i = 0; i < lab.settings().rounds; ++i) {
    const auto disk = measure_fdatasync(lab.folder(), lab.settings().disk_writes);
    p50.values.add(disk.p50_us);
    p99.values.add(disk.p99_us);
  }
  report.figures.push_back(std::move(p50));
  report.figures.push_back(std::move(p99));
}

void measure_accept(Lab& lab, Report& report) {
  for (const int connections : lab.settings().connections) {
    auto rows = make_accept_rows(connections);
    for (int round = 1; round <= lab.settings().rounds; ++round) {
      Lab::progress("accept, " + at(connections) + ", round " + std::to_string(round));
      accept_round(lab, connections, rows);
    }
    rows.run.peer = rows.delayed.peer;
    rows.run.stripped_peer = rows.delayed.stripped_peer;
    report.comparisons.push_back(std::move(rows.delayed));
    report.comparisons.push_back(std::move(rows.run));
    report.figures.push_back(std::move(rows.finished));
  }
}

void measure_poll(Lab& lab, Report& report) {
  constexpr int kConnections = 64;
  ComparisonRow row;
  row.what = "poll of finished tasks (`GET /tasks/{id}`), " + at(kConnections);
  row.unit = "requests/s";
  row.limit = "bare Beast";
  row.goal = Goal::at_least(0.6);
  const auto server = lab.start_taskgate();
  std::vector<std::string> polls;
  for (int i = 0; i < lab.settings().poll_tasks; ++i) {
    const auto submit = make_submit("sim/echo", SubmitStyle::wait);
    const auto task = ask(server->process.port(), submit.wire, 200);
    polls.push_back(make_get("/tasks/" + string_member(task.body, "id")));
  }
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("poll, round " + std::to_string(round));
    const std::array<std::pair<const ServerProcess*, Side*>, 3> sides{
        {{&lab.bare(Lab::BareForm::ordinary), &row.peer},
         {&lab.bare(Lab::BareForm::stripped), &row.stripped_peer},
         {&server->process, &row.taskgate}}};
    for (const auto& [target, side] : sides) {
      auto plan = lab.plan(*target, kConnections);
      plan.requests = polls;
      lab.measure(*target, plan, *side);
    }
  }
  report.comparisons.push_back(std::move(row));
}

void measure_end_to_end(Lab& lab, Report& report) {
  ComparisonRow many;
  many.what = "submit to final with an instant model (`Prefer: wait`), 64 connections";
  many.unit = "tasks/s";
  many.limit = "bare Beast POST";
  many.goal = Goal::at_least(0.16, "≥ 0.16 (then 0.22)");
  FigureRow one{"one task alone, submit to final, p50", "µs", {}, {}};
  FigureRow one_p99{"the same, p99", "µs", {}, {}};
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("end to end, round " + std::to_string(round));
    measure_bare_accept(lab, 64, many);
    const auto server = lab.start_taskgate();
    const auto& process = server->process;
    lab.measure(process, submit_plan(lab, process, 64, SubmitStyle::wait), many.taskgate);
    Side alone;
    lab.measure(process, submit_plan(lab, process, 1, SubmitStyle::wait), alone);
    one.values.add(alone.p50_us.median());
    one_p99.values.add(alone.p99_us.median());
  }
  report.comparisons.push_back(std::move(many));
  report.figures.push_back(std::move(one));
  report.figures.push_back(std::move(one_p99));
}

}  // namespace taskgate::bench

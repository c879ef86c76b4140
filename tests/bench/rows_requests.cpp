// Rows of plain requests: the disk, accepting, polling, end to end.

#include "lab.hpp"
#include "machine.hpp"
#include "probe.hpp"

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string at(int connections) {
  return std::to_string(connections) + (connections == 1 ? " connection" : " connections");
}

struct AcceptRows {
  ComparisonRow delayed;
  ComparisonRow run;
  FigureRow finished;
  std::optional<FigureRow> latency;  ///< where there is a goal for it
};

/// A write over what is there and one fsync is the least that a durable answer takes: what is left
/// is the program's.
double beyond_fsyncs(const Lab& lab, double latency_us, int fsyncs) {
  const int writes = lab.settings().disk_writes;
  return latency_us - fsyncs * measure_fdatasync(lab.folder(), DiskWrite::over, writes).p50_us;
}

FigureRow latency_figure(int connections, double bound_ms) {
  return {"durable accept only, " + at(connections) + ", p99", "ms", {}, Goal::at_most(bound_ms)};
}

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
  if (connections == 1) {
    rows.latency = FigureRow{"durable accept only, 1 connection: p50 beyond one fdatasync",
                             "µs",
                             {},
                             Goal::at_most(250)};
  }
  if (connections == 64) rows.latency = latency_figure(connections, 8);
  if (connections == 256) rows.latency = latency_figure(connections, 20);
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
    const auto result = lab.measure(server->process, plan, rows.delayed.taskgate);
    if (connections == 1) {
      rows.latency->values.add(beyond_fsyncs(lab, result.p50_us, 1));
    } else if (rows.latency) {
      rows.latency->values.add(result.p99_us / 1000);
    }
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
  const auto& settings = lab.settings();
  for (const auto& [how, name] : {std::pair{DiskWrite::over, "written over what is there"},
                                  std::pair{DiskWrite::append, "appended"}}) {
    FigureRow p50{std::string("fdatasync of 4 KiB ") + name + ", p50", "µs", {}, {}};
    FigureRow p99{"the same, p99", "µs", {}, {}};
    for (int i = 0; i < settings.rounds; ++i) {
      const auto disk = measure_fdatasync(lab.folder(), how, settings.disk_writes);
      p50.values.add(disk.p50_us);
      p99.values.add(disk.p99_us);
    }
    report.figures.push_back(std::move(p50));
    report.figures.push_back(std::move(p99));
  }
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
    if (rows.latency) report.figures.push_back(std::move(*rows.latency));
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
  ComparisonRow simulated;
  simulated.what = "submit to final with the built-in model (`Prefer: wait`), 64 connections";
  ComparisonRow upstream;
  upstream.what = "submit to final with an instant HTTP upstream (`Prefer: wait`), 64 connections";
  FigureRow rate{"submit to final with an instant HTTP upstream, 64 connections",
                 "tasks/s",
                 {},
                 Goal::at_least(12'000)};
  for (auto* row : {&simulated, &upstream}) {
    row->unit = "tasks/s";
    row->limit = "bare Beast POST";
    row->goal = Goal::at_least(0.16, "≥ 0.16 (then 0.22)");
  }
  FigureRow one{"one task alone, submit to final, p50", "µs", {}, {}};
  FigureRow one_p99{"the same, p99", "µs", {}, {}};
  FigureRow beyond{"the same: p50 beyond two fdatasyncs", "µs", {}, Goal::at_most(600)};
  TaskgateOptions options;
  options.model_port = lab.model().port();
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("end to end, round " + std::to_string(round));
    measure_bare_accept(lab, 64, simulated);
    const auto server = lab.start_taskgate(options);
    const auto& process = server->process;
    lab.measure(process, submit_plan(lab, process, 64, SubmitStyle::wait), simulated.taskgate);
    auto plan = submit_plan(lab, process, 64, SubmitStyle::wait);
    const auto submit = make_submit("bench/c1u0", SubmitStyle::wait);
    plan.requests = {submit.wire};
    plan.key_offset = submit.key_offset;
    rate.values.add(lab.measure(process, plan, upstream.taskgate).per_second());
    Side alone;
    lab.measure(process, submit_plan(lab, process, 1, SubmitStyle::wait), alone);
    one.values.add(alone.p50_us.median());
    one_p99.values.add(alone.p99_us.median());
    beyond.values.add(beyond_fsyncs(lab, alone.p50_us.median(), 2));
  }
  upstream.peer = simulated.peer;
  upstream.stripped_peer = simulated.stripped_peer;
  report.comparisons.push_back(std::move(simulated));
  report.comparisons.push_back(std::move(upstream));
  for (auto* row : {&rate, &one, &one_p99, &beyond}) report.figures.push_back(std::move(*row));
}

}  // namespace taskgate::bench

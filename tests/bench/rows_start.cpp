// Rows of a start: with nothing in the database, and with many live tasks.

#include "lab.hpp"
#include "probe.hpp"
#include "stamps.hpp"
#include "store_filler.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace taskgate::bench {
namespace {

/// A database with `live_tasks` tasks that wait for the upstream and are due.
void prepare_live(Lab& lab, const std::filesystem::path& database) {
  TaskgateOptions options;
  options.model_port = lab.model().port();
  options.database = database;
  {
    const auto server = lab.start_taskgate(options);
    ask(server->process.port(), make_submit("bench/hold", SubmitStyle::delayed).wire, 202);
  }
  FillPlan plan;
  plan.database = database;
  plan.copies = lab.settings().live_tasks;
  plan.due = FillPlan::Due::now;
  fill_store(plan);
}

std::uint64_t number_member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const auto at = json.find(key);
  if (at == std::string::npos) throw std::runtime_error("no member " + name);
  return std::stoull(json.substr(at + key.size()));
}

/// When the upstream was first asked; waits for it.
std::uint64_t first_request_ns(const ServerProcess& model) {
  return number_member(ask(model.port(), make_get("/first"), 200).body, "first_ns");
}

double milliseconds_between(std::uint64_t begun_ns, std::uint64_t ended_ns) {
  return static_cast<double>(ended_ns - begun_ns) / 1e6;
}

struct StartRows {
  FigureRow empty;
  FigureRow listening;
  FigureRow claim;
  FigureRow resident;
};

StartRows make_start_rows(const Lab& lab) {
  const std::string tasks = std::to_string(lab.settings().live_tasks) + " live tasks";
  return {{"start with an empty database: until it listens", "ms", {}, {}},
          {"start with " + tasks + ": until it listens", "ms", {}, {}},
          {"start with " + tasks + ": until the first of them is at the upstream",
           "ms",
           {},
           Goal::at_most(2000)},
          {"resident memory then", "MB", {}, {}}};
}

void start_round(Lab& lab, const std::filesystem::path& prepared, StartRows& rows) {
  {
    const auto begun = nanoseconds_now();
    const auto server = lab.start_taskgate();
    rows.empty.values.add(milliseconds_between(begun, nanoseconds_now()));
  }
  const TemporaryFolder folder(lab.folder());
  TaskgateOptions options;
  options.database = folder.path() / "live.db";
  std::filesystem::copy_file(prepared, options.database);
  const auto model = lab.start_model();
  options.model_port = model->port();
  const auto begun = nanoseconds_now();
  const auto server = lab.start_taskgate(options);
  rows.listening.values.add(milliseconds_between(begun, nanoseconds_now()));
  rows.claim.values.add(milliseconds_between(begun, first_request_ns(*model)));
  rows.resident.values.add(static_cast<double>(server->process.resident_bytes()) / 1e6);
  server->process.kill();  // a drain of a thousand attempts is not what is measured
}

}  // namespace

void measure_start_up(Lab& lab, Report& report) {
  const TemporaryFolder folder(lab.folder());
  const auto prepared = folder.path() / "prepared.db";
  Lab::progress("start, preparing " + std::to_string(lab.settings().live_tasks) + " live tasks");
  prepare_live(lab, prepared);
  auto rows = make_start_rows(lab);
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("start, round " + std::to_string(round));
    start_round(lab, prepared, rows);
  }
  for (auto* row : {&rows.empty, &rows.listening, &rows.claim, &rows.resident}) {
    report.figures.push_back(std::move(*row));
  }
}

}  // namespace taskgate::bench

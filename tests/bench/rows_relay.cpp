// Rows of a relayed stream: what taskgate adds to each chunk and to the first one, how soon an
// attempt starts, and how fast a stream can be taken through.

#include "lab.hpp"
#include "machine.hpp"
#include "probe.hpp"
#include "relay_client.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;

std::string script(int chunks, int pace_us) {
  return "c" + std::to_string(chunks) + "u" + std::to_string(pace_us);
}

/// What taskgate would send to the upstream for the same task, about.
std::string direct_request(const std::string& model) {
  const std::string body =
      R"({"messages":[{"role":"system","content":"Answer in plain English."},{"role":"user",)"
      R"("content":"Summarise the attached support conversation in three sentences."}],)"
      R"("model":")" +
      model + R"(","stream":true})";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
         "\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

RelayPlan direct(const ServerProcess& server, const std::string& model, RelayPlan plan) {
  plan.port = server.port();
  plan.through = RelayPlan::Through::nothing;
  plan.request = direct_request(model);
  return plan;
}

RelayPlan through(const ServerProcess& server, const std::string& model, RelayPlan plan) {
  plan.port = server.port();
  plan.through = RelayPlan::Through::taskgate;
  plan.request = make_submit("bench/" + model, SubmitStyle::run).wire;
  return plan;
}

RelayResult relay(const RelayPlan& plan) {
  return in_child(plan.limit + 5s, [&plan] { return run_relay(plan); }).value;
}

/// Adds the rate, and what `server` spent on each chunk.
void relay_fast(const ServerProcess& server, const RelayPlan& plan, Side& side) {
  const auto before = server.cpu();
  const auto result = relay(plan);
  const std::chrono::duration<double, std::micro> used = server.cpu() - before;
  side.rate.add(static_cast<double>(result.chunks) / result.seconds);
  side.cpu_us.add(used.count() / static_cast<double>(result.chunks));
}

std::unique_ptr<TaskgateServer> start_relaying(Lab& lab) {
  TaskgateOptions options;
  options.model_port = lab.model().port();
  return lab.start_taskgate(options);
}

double fsync_p50_us(const Lab& lab) {
  return measure_fdatasync(lab.folder(), DiskWrite::over, lab.settings().disk_writes).p50_us;
}

LatencyRow latency_row(std::string what) {
  LatencyRow row;
  row.what = std::move(what);
  row.limit = "direct";
  return row;
}

void add_chunks(const RelayResult& result, Side& side) {
  side.p50_us.add(result.chunk_p50_us);
  side.p99_us.add(result.chunk_p99_us);
}

void add_first(const RelayResult& result, Side& side) {
  side.p50_us.add(result.first_p50_us);
  side.p99_us.add(result.first_p99_us);
}

void measure_one_stream(Lab& lab, LatencyRow& row, FigureRow& beyond_fsync) {
  const int chunks = lab.settings().relayed_chunks;
  const auto model = script(chunks, 1000);
  RelayPlan plan;
  plan.chunks = chunks;
  plan.skip = chunks / 10;
  const auto server = start_relaying(lab);
  add_chunks(relay(direct(lab.model(), model, plan)), row.peer);
  add_chunks(relay(through(server->process, model, plan)), row.taskgate);
  const double added = row.taskgate.p50_us.values().back() - row.peer.p50_us.values().back();
  beyond_fsync.values.add(added - fsync_p50_us(lab));
}

void measure_crowd(Lab& lab, LatencyRow& row) {
  const int chunks = lab.settings().relayed_crowd_chunks;
  const auto model = script(chunks, 10'000);
  RelayPlan plan;
  plan.streams = lab.settings().relayed_crowd;
  plan.chunks = chunks;
  plan.skip = chunks / 10;
  const auto server = start_relaying(lab);
  add_chunks(relay(direct(lab.model(), model, plan)), row.peer);
  add_chunks(relay(through(server->process, model, plan)), row.taskgate);
  row.judged.add(row.taskgate.p99_us.values().back() - row.peer.p99_us.values().back());
}

struct FastRows {
  ComparisonRow beside_direct;
  ComparisonRow beside_node;
  FigureRow cpu;
};

FastRows make_fast_rows() {
  FastRows rows;
  for (auto* row : {&rows.beside_direct, &rows.beside_node}) {
    row->what = "relay of one stream as fast as it comes, logged";
    row->unit = "chunks/s";
  }
  rows.beside_direct.limit = "direct connection";
  rows.beside_node.limit = "Node.js `pipe`, not logged";
  rows.beside_node.goal = Goal::at_least(3, "≥ 3");
  rows.cpu = {
      "CPU for one chunk of a fast relayed stream, logged", "µs", {}, Goal::at_most(5, "≤ 5")};
  return rows;
}

void measure_fast(Lab& lab, FastRows& rows) {
  const int chunks = lab.settings().fast_chunks;
  const auto model = script(chunks, 0);
  RelayPlan plan;
  plan.chunks = chunks;
  plan.stamps = RelayPlan::Stamps::counted;
  relay_fast(lab.model(), direct(lab.model(), model, plan), rows.beside_direct.peer);
  const auto node = lab.start_node_peer("relay.mjs", std::to_string(lab.model().port()));
  if (node) relay_fast(*node, direct(*node, model, plan), rows.beside_node.peer);
  const auto server = start_relaying(lab);
  auto& ours = rows.beside_direct.taskgate;
  relay_fast(server->process, through(server->process, model, plan), ours);
  rows.cpu.values.add(ours.cpu_us.values().back());
}

}  // namespace

void measure_relay(Lab& lab, Report& report) {
  const auto& settings = lab.settings();
  auto one =
      latency_row("a chunk of one relayed stream, one every 1 ms, on disk before it is sent");
  auto crowd = latency_row("a chunk of " + std::to_string(settings.relayed_crowd) +
                           " relayed streams, each one every 10 ms");
  crowd.goal = Goal::at_most(5000, "added p99 ≤ 5000");
  FigureRow beyond{"a chunk of one relayed stream: added p50 beyond one fdatasync",
                   "µs",
                   {},
                   Goal::at_most(300)};
  auto fast = make_fast_rows();
  for (int round = 1; round <= settings.rounds; ++round) {
    Lab::progress("relay, round " + std::to_string(round));
    measure_one_stream(lab, one, beyond);
    measure_crowd(lab, crowd);
    measure_fast(lab, fast);
  }
  report.latencies.push_back(std::move(one));
  report.latencies.push_back(std::move(crowd));
  report.figures.push_back(std::move(beyond));
  fast.beside_node.taskgate = fast.beside_direct.taskgate;
  report.comparisons.push_back(std::move(fast.beside_direct));
  if (fast.beside_node.peer.rate.empty()) {
    report.notes.push_back("no Node.js here: the relay is not compared with one");
  } else {
    report.comparisons.push_back(std::move(fast.beside_node));
  }
  report.figures.push_back(std::move(fast.cpu));
}

void measure_attempt_start(Lab& lab, Report& report) {
  const auto& settings = lab.settings();
  auto first =
      latency_row("the first chunk of a stream, from the request sent; one task at a time");
  FigureRow start{
      "accept → the attempt starts: from `202` received to the request at the upstream, "
      "one task at a time, p50",
      "µs",
      {},
      Goal::at_most(500)};
  FigureRow start_p99{"the same, p99", "µs", {}, Goal::at_most(2000)};
  FigureRow asked{"from the submission sent to the request at the upstream, p50", "µs", {}, {}};
  FigureRow asked_p99{"the same, p99", "µs", {}, {}};
  const auto model = script(1, 1000);
  for (int round = 1; round <= settings.rounds; ++round) {
    Lab::progress("attempt start, round " + std::to_string(round));
    const auto server = start_relaying(lab);
    RelayPlan plan;
    plan.chunks = 1;
    plan.repeats = settings.lone_tasks;
    add_first(relay(direct(lab.model(), model, plan)), first.peer);
    const auto result = relay(through(server->process, model, plan));
    add_first(result, first.taskgate);
    start.values.add(result.start_p50_us);
    start_p99.values.add(result.start_p99_us);
    asked.values.add(result.asked_p50_us);
    asked_p99.values.add(result.asked_p99_us);
  }
  report.latencies.push_back(std::move(first));
  for (auto* row : {&start, &start_p99, &asked, &asked_p99}) {
    report.figures.push_back(std::move(*row));
  }
}

}  // namespace taskgate::bench

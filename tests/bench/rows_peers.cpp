// Rows of the queues that one might use instead: each script of tests/bench/peers starts one, asks
// it what taskgate is asked here, and ends it.

#include "lab.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kPeerClients = 64;
constexpr int kSkipped = 77;  // exit status of a script that cannot run here

struct Peer {
  const char* script;
  const char* name;
  Goal goal;
};

double member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const auto at = json.find(key);
  if (at == std::string::npos) throw std::runtime_error("a peer's script said: " + json);
  double value = 0;
  std::from_chars(json.data() + at + key.size(), json.data() + json.size(), value);
  return value;
}

/// Empty when the peer was measured, else why it cannot be.
std::string measure_peer(const Lab& lab, const Peer& peer, PeerRow& row) {
  const auto& settings = lab.settings();
  const auto node = find_program("node");
  if (node.empty()) return "Node.js is not installed";
  const auto script = settings.peers / peer.script;
  if (!std::filesystem::exists(script)) {
    return "tests/bench/peers/install.sh was not run (run.sh does it)";
  }
  const TemporaryFolder folder(settings.folder);
  // PostgreSQL runs as another user, who must get through.
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all |
                                                  std::filesystem::perms::group_exec |
                                                  std::filesystem::perms::others_exec);
  const auto data = folder.path() / "data";
  std::filesystem::create_directory(data);
  Command command;
  command.arguments = {node.string(), script.string(), data.string(),
                       std::to_string(std::chrono::duration<double>(settings.duration).count())};
  command.error_file = folder.path() / "stderr.txt";
  const auto end = run_program(command, settings.duration * 2 + 120s);
  if (end.status == kSkipped) {
    const std::string kMark = "SKIPPED: ";
    const auto at = end.output.find(kMark);
    if (at == std::string::npos) return "its script gave no reason";
    return end.output.substr(at + kMark.size(), end.output.find('\n', at) - at - kMark.size());
  }
  if (end.status != 0) {
    throw std::runtime_error(std::string(peer.script) + " failed: " + tail_of(command.error_file));
  }
  row.submits.add(member(end.output, "submits_per_second"));
  row.done.add(member(end.output, "done_per_second"));
  row.one_p50_ms.add(member(end.output, "one_p50_ms"));
  row.one_p99_ms.add(member(end.output, "one_p99_ms"));
  return {};
}

void measure_own(const Lab& lab, PeerRow& row) {
  Side accept;
  Side run;
  Side alone;
  {
    const auto server = lab.start_taskgate();
    const auto& process = server->process;
    lab.measure(process, submit_plan(lab, process, kPeerClients, SubmitStyle::delayed), accept);
  }
  const auto server = lab.start_taskgate();
  const auto& process = server->process;
  const auto begun = std::chrono::steady_clock::now();
  const auto result =
      lab.measure(process, submit_plan(lab, process, kPeerClients, SubmitStyle::run), run);
  row.done.add(static_cast<double>(result.total) / seconds_to_drain(process, begun));
  lab.measure(process, submit_plan(lab, process, 1, SubmitStyle::wait), alone);
  row.submits.add(accept.rate.median());
  row.one_p50_ms.add(alone.p50_us.median() / 1000);
  row.one_p99_ms.add(alone.p99_us.median() / 1000);
}

}  // namespace

void measure_peers(Lab& lab, Report& report) {
  const std::array<Peer, 3> peers{
      {{"bullmq.mjs", "BullMQ, Redis with `appendfsync always`", Goal::at_least(1, "> 1")},
       {"pgboss.mjs", "pg-boss, PostgreSQL", {}},
       {"restate.mjs", "Restate", Goal::at_least(10, "≥ 10")}}};
  std::vector<PeerRow> rows(1 + peers.size());
  rows[0].what = "taskgate (`sim/echo`)";
  std::array<std::string, peers.size()> skipped;
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("peers, round " + std::to_string(round));
    measure_own(lab, rows[0]);
    for (std::size_t i = 0; i < peers.size(); ++i) {
      rows[i + 1].what = peers[i].name;
      rows[i + 1].goal = peers[i].goal;
      if (skipped[i].empty()) skipped[i] = measure_peer(lab, peers[i], rows[i + 1]);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && !skipped[i - 1].empty()) {
      report.notes.push_back("not compared with " + rows[i].what + ": " + skipped[i - 1]);
    } else {
      report.peers.push_back(std::move(rows[i]));
    }
  }
}

}  // namespace taskgate::bench

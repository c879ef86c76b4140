// Rows of many followers: fan-out of one live task, and what an idle stream costs.

#include "follow.hpp"
#include "lab.hpp"
#include "probe.hpp"
#include "sockets.hpp"

#include <stdexcept>
#include <string>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;

std::string stream_target(const std::string& id) {
  return "/tasks/" + id + "/stream";
}

/// A frame as taskgate writes it, taken from a finished task's stream.
std::string sample_frame(const ServerProcess& server) {
  const auto submit = make_submit("sim/lorem?tokens=20&tps=1000", SubmitStyle::wait);
  const auto task = ask(server.port(), submit.wire, 200);
  const auto stream =
      ask_raw(server.port(), make_get(stream_target(string_member(task.body, "id"))));
  const auto name = stream.find("event: output.delta");
  const auto begin = stream.rfind("id: ", name);
  const auto end = stream.find("\n\n", name);
  if (name == std::string::npos || begin == std::string::npos || end == std::string::npos) {
    throw std::runtime_error("no output.delta in a stream");
  }
  return stream.substr(begin, end + 2 - begin);
}

void follow(const ServerProcess& server, const FollowPlan& plan, Side& side) {
  const auto before = server.cpu();
  const auto [result, child] = in_child(plan.limit + 5s, [&plan] { return run_follow(plan); });
  if (result.frames == 0 || result.seconds <= 0) throw std::runtime_error("no events were seen");
  const std::chrono::duration<double, std::micro> used = server.cpu() - before;
  side.rate.add(result.per_second());
  side.cpu_us.add(used.count() / static_cast<double>(result.frames));
}

constexpr int kSpareDescriptors = 200;  // what a process needs beside its streams

/// As many streams as were asked for, or as the limit of open files allows; says so then.
int possible_streams(int wanted, Report& report) {
  const auto limit = static_cast<int>(std::min<std::size_t>(raise_descriptor_limit(), 1'000'000));
  if (wanted <= limit - kSpareDescriptors) return wanted;
  const int possible = limit - kSpareDescriptors;
  report.notes.push_back(std::to_string(possible) + " streams instead of " +
                         std::to_string(wanted) + ": a process may open " + std::to_string(limit) +
                         " files");
  return possible;
}

/// A task that starts once the followers had time to come: opening costs about 0.1 ms each.
std::string submit_for_later(const ServerProcess& server, int streams, int events) {
  const auto lead = 500ms + std::chrono::milliseconds(streams / 2);
  // More than any server here can send, so that the figure is the server's and not the model's.
  const int per_second = std::max(20, 400'000 / streams);
  const std::string model =
      "sim/lorem?tokens=" + std::to_string(events) + "&tps=" + std::to_string(per_second);
  const auto submit = make_submit_at(model, rfc3339_in(lead));
  return string_member(ask(server.port(), submit.wire, 202).body, "id");
}

}  // namespace

void measure_fanout(Lab& lab, Report& report) {
  const auto& settings = lab.settings();
  const int streams = possible_streams(settings.streams, report);
  ComparisonRow row;
  row.what = "SSE fan-out of one task to " + std::to_string(streams) + " streams";
  row.unit = "events/s";
  row.limit = "raw epoll";
  row.goal = Goal::at_least(0.75);
  std::string frame;
  for (int round = 1; round <= settings.rounds; ++round) {
    Lab::progress("fan-out, round " + std::to_string(round));
    const auto server = lab.start_taskgate();
    if (frame.empty()) frame = sample_frame(server->process);
    FollowPlan plan;
    plan.streams = streams;
    const auto peer = lab.start_fanout(frame, settings.stream_events);
    plan.port = peer->port();
    plan.request = make_get("/stream");
    plan.when_open = [port = plan.port] {
      ask(port, "POST /go HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", 202);
    };
    follow(*peer, plan, row.peer);

    plan.port = server->process.port();
    const auto task = submit_for_later(server->process, streams, settings.stream_events);
    plan.request = make_get(stream_target(task));
    plan.when_open = nullptr;
    plan.greeting_frames = 1;  // task.queued: a second before the rest
    follow(server->process, plan, row.taskgate);
  }
  report.comparisons.push_back(std::move(row));
}

namespace {

/// A plan for opening streams of a task that does not start.
FollowPlan idle_plan(const ServerProcess& process) {
  const auto submit = make_submit("sim/echo", SubmitStyle::delayed);
  FollowPlan plan;
  plan.port = process.port();
  plan.request =
      make_get(stream_target(string_member(ask(process.port(), submit.wire, 202).body, "id")));
  plan.until = FollowPlan::Until::open;
  plan.greeting_frames = 1;  // task.queued
  return plan;
}

/// How much the program grows by opening so many more.
std::int64_t growth_of(const ServerProcess& process, FollowPlan plan, int streams) {
  plan.streams = std::min(50, streams);  // first use of everything is not a stream's cost
  in_child(plan.limit, [&plan] { return run_follow(plan); });
  plan.streams = streams;
  const auto before = process.resident_bytes();
  const auto grown = in_child(plan.limit, [&plan, &process, before] {
    std::int64_t after = 0;
    plan.when_open = [&process, &after] { after = process.resident_bytes(); };
    run_follow(plan);
    return after - before;
  });
  return grown.value;
}

}  // namespace

void measure_idle_streams(Lab& lab, Report& report) {
  const auto& settings = lab.settings();
  const int streams = possible_streams(settings.streams, report);
  FigureRow idle{"resident memory of the idle program", "MB", {}, Goal::at_most(15, "≤ 15")};
  FigureRow each{"resident memory of one idle SSE stream, " + std::to_string(streams) + " open",
                 "KB",
                 {},
                 Goal::at_most(4, "≤ 4 (then 2.5)")};
  for (int round = 1; round <= settings.rounds; ++round) {
    Lab::progress("idle streams, round " + std::to_string(round));
    const auto server = lab.start_taskgate();
    const auto& process = server->process;
    idle.values.add(static_cast<double>(process.resident_bytes()) / 1e6);
    const auto grown = growth_of(process, idle_plan(process), streams);
    each.values.add(static_cast<double>(grown) / 1000.0 / streams);
  }
  report.figures.push_back(std::move(idle));
  report.figures.push_back(std::move(each));
}

void measure_most_streams(Lab& lab, Report& report) {
  Lab::progress("as many streams as one process holds");
  FigureRow held{"idle SSE streams that one process holds", "streams", {}, {}};
  held.goal = Goal::at_least(19'000, "≥ 19,000");
  const auto server = lab.start_taskgate();
  auto plan = idle_plan(server->process);
  plan.streams = possible_streams(lab.settings().most_streams, report);
  const auto result = in_child(plan.limit, [&plan] { return run_follow(plan); });
  held.values.add(result.value.opened);
  report.figures.push_back(std::move(held));
}

}  // namespace taskgate::bench

#include "lab.hpp"

#include "probe.hpp"

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;

Command taskgate_command(const Settings& settings, const std::filesystem::path& folder) {
  Command command;
  command.arguments = {settings.taskgate.string(),    "dev", "--listen", "127.0.0.1:0", "--db",
                       (folder / "bench.db").string()};
  // The bounds that refuse work are not what is measured here; everything else is as delivered.
  command.environment = {{"TASKGATE_ENGINE__MAX_QUEUED_TASKS", "10000000"},
                         {"TASKGATE_ENGINE__TENANT_MAX_QUEUED", "10000000"},
                         {"TASKGATE_ENGINE__MAX_QUEUED_BYTES", "17179869184"}};
  command.error_file = folder / "stderr.txt";
  return command;
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// The program's own words when it died; else what the load saw.
std::string explain(const ServerProcess& server, const LoadResult& result) {
  if (!server.alive()) return "the server died: " + server.complaints();
  std::string text = std::to_string(result.completed) + " answers, " +
                     std::to_string(result.other_status) + " with another status";
  if (result.other_status > 0) text += " (" + std::to_string(result.first_other_status) + ")";
  return text + ", " + std::to_string(result.broken) + " broken connections";
}

}  // namespace

TaskgateServer::TaskgateServer(const Settings& settings, const std::filesystem::path& parent)
    : folder(parent), process(taskgate_command(settings, folder.path())) {}

Lab::Lab(Settings settings) : settings_(std::move(settings)), folder_(settings_.folder) {}

std::unique_ptr<TaskgateServer> Lab::start_taskgate() const {
  return std::make_unique<TaskgateServer>(settings_, folder());
}

const ServerProcess& Lab::bare(BareForm form) {
  if (!ordinary_bare_) start_bare();
  return form == BareForm::stripped ? *stripped_bare_ : *ordinary_bare_;
}

void Lab::start_bare() {
  const auto server = start_taskgate();
  const auto port = server->process.port();
  const auto accepted = folder() / "accepted.http";
  const auto polled = folder() / "polled.http";
  const auto submit = make_submit("sim/echo", SubmitStyle::delayed);
  write_file(accepted, ask_raw(port, submit.wire));
  const auto finished = make_submit("sim/echo", SubmitStyle::wait);
  const auto task = ask(port, finished.wire, 200);
  write_file(polled, ask_raw(port, make_get("/tasks/" + string_member(task.body, "id"))));
  Command command;
  command.arguments = {settings_.bare.string(), "--form",      "ordinary",     "--post-reply",
                       accepted.string(),       "--get-reply", polled.string()};
  command.error_file = folder() / "bare.stderr.txt";
  ordinary_bare_ = std::make_unique<ServerProcess>(command);
  command.arguments[2] = "stripped";
  command.error_file = folder() / "bare-stripped.stderr.txt";
  stripped_bare_ = std::make_unique<ServerProcess>(command);
}

std::unique_ptr<ServerProcess> Lab::start_fanout(const std::string& frame, int frames) const {
  const auto file = folder() / "frame.sse";
  write_file(file, frame);
  Command command;
  command.arguments = {settings_.fanout.string(), "--frame", file.string(), "--frames",
                       std::to_string(frames)};
  command.error_file = folder() / "fanout.stderr.txt";
  return std::make_unique<ServerProcess>(command);
}

LoadPlan Lab::plan(const ServerProcess& server, int connections) const {
  LoadPlan plan;
  plan.port = server.port();
  plan.connections = connections;
  plan.warmup = settings_.warmup;
  plan.duration = settings_.duration;
  return plan;
}

LoadResult Lab::measure(const ServerProcess& server, const LoadPlan& plan, Side& side) const {
  const auto before = server.cpu();
  const auto limit = plan.warmup + plan.duration + 30s;
  const auto [result, child] = in_child(limit, [&plan] { return run_load(plan); });
  if (result.completed == 0 || result.other_status > 0 || result.broken > 0) {
    throw std::runtime_error(explain(server, result));
  }
  const std::chrono::duration<double, std::micro> used = server.cpu() - before;
  side.rate.add(result.per_second());
  side.p50_us.add(result.p50_us);
  side.p99_us.add(result.p99_us);
  side.cpu_us.add(used.count() / static_cast<double>(result.total));
  return result;
}

void Lab::progress(const std::string& text) {
  std::fprintf(stderr, "bench: %s\n", text.c_str());
}

}  // namespace taskgate::bench

#include "lab.hpp"

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

constexpr const char* kConfig = R"({
  "providers": {
    "bench": {"protocol": "openai_chat", "base_url": "http://127.0.0.1:PORT/v1", "api_key": "none"}
  },
  "auth": {"mode": "open"}
})";

std::filesystem::path write_config(const std::filesystem::path& folder, std::uint16_t port) {
  constexpr std::string_view kPlace = "PORT";
  std::string text = kConfig;
  text.replace(text.find(kPlace), kPlace.size(), std::to_string(port));
  const auto file = folder / "bench.json";
  write_file(file, text);
  return file;
}

Command taskgate_command(const Settings& settings,
                         const std::filesystem::path& folder,
                         const TaskgateOptions& options) {
  Command command;
  command.arguments = {settings.taskgate.string(), "dev"};
  if (options.model_port != 0) {
    command.arguments = {settings.taskgate.string(), "serve", "--config",
                         write_config(folder, options.model_port).string()};
  }
  const auto database = options.database.empty() ? folder / "bench.db" : options.database;
  for (const char* each : {"--listen", "127.0.0.1:0", "--db", database.c_str()}) {
    command.arguments.push_back(each);
  }
  // The bounds that refuse work are not what is measured here; everything else is as delivered.
  command.environment = {{"TASKGATE_ENGINE__MAX_QUEUED_TASKS", "10000000"},
                         {"TASKGATE_ENGINE__TENANT_MAX_QUEUED", "10000000"},
                         {"TASKGATE_ENGINE__MAX_QUEUED_BYTES", "17179869184"}};
  if (!options.preload.empty()) command.environment["LD_PRELOAD"] = options.preload.string();
  command.error_file = folder / "stderr.txt";
  return command;
}

/// The program's own words when it died; else what the load saw.
std::string explain(const ServerProcess& server, const LoadResult& result) {
  if (!server.alive()) return "the server died: " + server.complaints();
  std::string text = std::to_string(result.completed) + " answers, " +
                     std::to_string(result.other_status) + " with another status";
  if (result.other_status > 0) text += " (" + std::to_string(result.first_other_status) + ")";
  return text + ", " + std::to_string(result.broken) + " broken connections";
}

bool has_tasks(const ServerProcess& server, const std::string& status) {
  const auto page = ask(server.port(), make_get("/tasks?limit=1&status=" + status), 200);
  return page.body.find("\"task_") != std::string::npos;
}

}  // namespace

TaskgateServer::TaskgateServer(const Settings& settings,
                               const std::filesystem::path& parent,
                               const TaskgateOptions& options)
    : folder(parent), process(taskgate_command(settings, folder.path(), options)) {}

Lab::Lab(Settings settings) : settings_(std::move(settings)), folder_(settings_.folder) {}

std::unique_ptr<TaskgateServer> Lab::start_taskgate(const TaskgateOptions& options) const {
  return std::make_unique<TaskgateServer>(settings_, folder(), options);
}

const ServerProcess& Lab::model() {
  if (!model_) model_ = start_model();
  return *model_;
}

std::unique_ptr<ServerProcess> Lab::start_model() const {
  Command command;
  command.arguments = {settings_.model.string()};
  command.error_file = folder() / "model.stderr.txt";
  return std::make_unique<ServerProcess>(command);
}

std::unique_ptr<ServerProcess> Lab::start_node_peer(const std::string& script,
                                                    const std::string& argument) const {
  const auto node = find_program("node");
  if (node.empty()) return nullptr;
  Command command;
  command.arguments = {node.string(), (settings_.scripts / script).string(), argument};
  command.error_file = folder() / (script + ".stderr.txt");
  return std::make_unique<ServerProcess>(command);
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

double seconds_to_drain(const ServerProcess& server, std::chrono::steady_clock::time_point begun) {
  const auto give_up = std::chrono::steady_clock::now() + 120s;
  while (has_tasks(server, "queued") || has_tasks(server, "running")) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("tasks were left unfinished");
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
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

// taskgate_bench: measures taskgate beside its limits, in one run on one machine, and prints
// Markdown. docs/benchmarks.md says what each row means.
//
//   taskgate_bench [--quick | --smoke | --full] [--rounds N] [--seconds S] [--streams N]
//                  [--only GROUP] [--taskgate PROGRAM] [--dir FOLDER] [--filled FOLDER]
//                  [--markdown PAGE]
//   taskgate_bench load --port P [--connections N] [--seconds S] [--get TARGET | --wait | --run]
//                      [--no-key] [--pid SERVER]
//
//   taskgate_bench follow --port P --get TARGET [--streams N]
//
// `load` and `follow` only make load on a server that is already running, for profiling it.

#include "follow.hpp"
#include "lab.hpp"
#include "machine.hpp"
#include "numbers.hpp"
#include "page.hpp"
#include "probe.hpp"
#include "sockets.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;
using Options = std::map<std::string, std::string>;

constexpr std::array<std::string_view, 19> kFlags{
    "--quick", "--smoke",  "--full",     "--rounds", "--seconds",     "--streams",  "--only",
    "--dir",   "--filled", "--markdown", "--port",   "--connections", "--taskgate", "--get",
    "--wait",  "--run",    "--no-key",   "--pid",    "--greeting"};

Options read_options(int argc, char** argv, int from) {
  Options options;
  for (int i = from; i < argc; ++i) {
    const std::string name = argv[i];
    if (!name.starts_with("--")) throw std::runtime_error("unexpected argument: " + name);
    if (std::find(kFlags.begin(), kFlags.end(), name) == kFlags.end()) {
      throw std::runtime_error("unknown flag: " + name);
    }
    const bool has_value = i + 1 < argc && argv[i + 1][0] != '-';
    options[name] = has_value ? argv[++i] : "";
  }
  return options;
}

void take_number(const Options& options, const char* name, int& target) {
  if (const auto found = options.find(name); found != options.end()) {
    target = std::max(1, parse_number<int>(found->second));
  }
}

std::chrono::milliseconds seconds_of(const std::string& text) {
  return std::chrono::milliseconds(static_cast<int>(parse_number<double>(text) * 1000));
}

Settings quick(Settings settings) {
  settings.duration = 400ms;
  settings.warmup = 100ms;
  settings.streams = 1000;
  settings.stream_events = 100;
  settings.stored = {100'000};
  settings.disk_writes = 300;
  settings.relayed_chunks = 1000;
  settings.relayed_crowd_chunks = 100;
  settings.fast_chunks = 200'000;
  settings.lone_tasks = 100;
  return settings;
}

/// Every row once, for a moment: it is only to work.
Settings smoke(Settings settings) {
  settings.rounds = 1;
  settings.duration = 100ms;
  settings.warmup = 0ms;
  settings.connections = {1, 16};
  settings.streams = 20;
  settings.stream_events = 10;
  settings.poll_tasks = 5;
  settings.disk_writes = 10;
  settings.relayed_chunks = 50;
  settings.relayed_crowd = 5;
  settings.relayed_crowd_chunks = 20;
  settings.fast_chunks = 5000;
  settings.lone_tasks = 5;
  settings.live_tasks = 1000;
  settings.most_streams = 100;
  settings.stored = {1000};
  settings.left_out = "peers";
  return settings;
}

Settings make_settings(const std::filesystem::path& own, const Options& options) {
  Settings settings;
  settings.taskgate = TASKGATE_BENCH_PROGRAM;
  settings.bare = own / "taskgate_bench_bare";
  settings.fanout = own / "taskgate_bench_fanout";
  settings.model = own / "taskgate_bench_model";
  settings.slow_disk = own / "taskgate_bench_slow_disk.so";
  settings.schema_bench = own / "schema_bench";
  settings.scripts = TASKGATE_BENCH_SCRIPTS;
  settings.peers = own / "peers";
  settings.folder = std::filesystem::temp_directory_path();
  if (options.contains("--quick")) settings = quick(settings);
  if (options.contains("--smoke")) settings = smoke(settings);
  take_number(options, "--rounds", settings.rounds);
  take_number(options, "--streams", settings.streams);
  if (options.contains("--full")) settings.stored = {1'000'000, 10'000'000};
  if (options.contains("--filled")) settings.filled = options.at("--filled");
  if (options.contains("--seconds")) settings.duration = seconds_of(options.at("--seconds"));
  if (options.contains("--only")) settings.only = options.at("--only");
  if (options.contains("--taskgate")) settings.taskgate = options.at("--taskgate");
  if (options.contains("--markdown")) settings.page = options.at("--markdown");
  if (options.contains("--dir")) settings.folder = options.at("--dir");
  return settings;
}

std::string as_markdown(const Settings& settings,
                        const std::vector<std::string>& machine,
                        const Report& report) {
  std::array<char, 160> rounds{};
  std::snprintf(rounds.data(), rounds.size(),
                "- rounds: %d of %.1f s each, alternating; figures are medians (least–most)\n",
                settings.rounds, std::chrono::duration<double>(settings.duration).count());
  std::string text;
  for (const auto& line : machine) text += "- " + line + "\n";
  text += rounds.data();
  for (const auto& note : report.notes) text += "- " + note + "\n";
  if (!report.comparisons.empty()) text += "\n" + comparison_table(report.comparisons);
  if (!report.latencies.empty()) text += "\n" + latency_table(report.latencies);
  if (!report.peers.empty()) text += "\n" + peer_table(report.peers);
  if (!report.figures.empty()) text += "\n" + figure_table(report.figures);
  return text;
}

int run_all(const Settings& settings) {
  if (!settings.page.empty()) check_page(settings.page);
  constexpr std::array<std::pair<const char*, void (*)(Lab&, Report&)>, 14> kGroups{{
      {"disk", measure_disk},
      {"accept", measure_accept},
      {"poll", measure_poll},
      {"end_to_end", measure_end_to_end},
      {"fanout", measure_fanout},
      {"idle", measure_idle_streams},
      {"most", measure_most_streams},
      {"relay", measure_relay},
      {"attempt", measure_attempt_start},
      {"start", measure_start_up},
      {"slow_disk", measure_slow_disk},
      {"growth", measure_growth},
      {"schema", measure_schema},
      {"peers", measure_peers},
  }};
  const auto machine = describe_machine(settings.folder);
  remove_folders_when_interrupted();
  Lab lab(settings);
  Report report;
  int failures = 0;
  bool found = false;
  for (const auto& [name, measure] : kGroups) {
    if (!settings.only.empty() && settings.only != name) continue;
    if (settings.only.empty() && name == settings.left_out) continue;
    found = true;
    try {
      measure(lab, report);
    } catch (const std::exception& failure) {
      ++failures;
      std::fprintf(stderr, "bench: %s FAILED: %s\n", name, failure.what());
    }
  }
  if (!found) throw std::runtime_error("no group is called " + settings.only);
  const auto measured = as_markdown(settings, machine, report);
  std::printf("%s", measured.c_str());
  if (!settings.page.empty() && failures == 0) write_page(settings.page, measured);
  return failures == 0 ? 0 : 1;
}

int load_only(const Options& options) {
  LoadPlan plan;
  plan.port = parse_number<std::uint16_t>(options.at("--port"));
  plan.connections = 64;
  take_number(options, "--connections", plan.connections);
  plan.duration = options.contains("--seconds") ? seconds_of(options.at("--seconds")) : 5s;
  if (options.contains("--get")) {
    plan.requests = {make_get(options.at("--get"))};
  } else {
    auto style = SubmitStyle::delayed;
    if (options.contains("--wait")) style = SubmitStyle::wait;
    if (options.contains("--run")) style = SubmitStyle::run;
    auto submit = make_submit("sim/echo", style);
    constexpr std::string_view kKeyField = "Idempotency-Key";
    if (options.contains("--no-key")) {  // to see what the idempotency record costs
      submit.wire.replace(submit.wire.find(kKeyField), kKeyField.size(), "X-Not-A-Key----");
    }
    plan.requests = {submit.wire};
    plan.key_offset = submit.key_offset;
    plan.expected_status = style == SubmitStyle::wait ? 200 : 202;
  }
  const pid_t server = options.contains("--pid") ? parse_number<pid_t>(options.at("--pid")) : 0;
  const auto before = cpu_of(server);
  const auto [result, child] = in_child(plan.duration + 30s, [&plan] { return run_load(plan); });
  const auto answers = static_cast<double>(result.total + result.other_status);
  const std::chrono::duration<double, std::micro> used = cpu_of(server) - before;
  std::printf(
      "%.0f/s, p50 %.3f ms, p99 %.3f ms, %llu with another status (%u), %llu broken, "
      "generator %.1f us CPU each, server %.1f\n",
      result.per_second(), result.p50_us / 1000, result.p99_us / 1000,
      static_cast<unsigned long long>(result.other_status), result.first_other_status,
      static_cast<unsigned long long>(result.broken), child.cpu_seconds * 1e6 / answers,
      used.count() / answers);
  return result.completed > 0 && result.other_status == 0 && result.broken == 0 ? 0 : 1;
}

int follow_only(const Options& options) {
  FollowPlan plan;
  plan.port = parse_number<std::uint16_t>(options.at("--port"));
  plan.streams = 1000;
  take_number(options, "--streams", plan.streams);
  plan.request = make_get(options.at("--get"));
  take_number(options, "--greeting", plan.greeting_frames);
  plan.when_open = [] { std::fprintf(stderr, "bench: all open\n"); };
  const auto [result, child] = in_child(plan.limit + 5s, [&plan] { return run_follow(plan); });
  std::printf("%d streams, %llu events in %.3f s, %.0f/s, follower %.1f us CPU each\n",
              result.ended, static_cast<unsigned long long>(result.frames), result.seconds,
              result.per_second(), child.cpu_seconds * 1e6 / static_cast<double>(result.frames));
  return result.frames > 0 ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::bench

int main(int argc, char** argv) {
  using namespace taskgate::bench;
  try {
    raise_descriptor_limit();
    const std::string_view what = argc > 1 ? argv[1] : "";
    const bool tool = what == "load" || what == "follow";
    const auto options = read_options(argc, argv, tool ? 2 : 1);
    if (what == "load") return load_only(options);
    if (what == "follow") return follow_only(options);
    const auto own = std::filesystem::canonical("/proc/self/exe").parent_path();
    return run_all(make_settings(own, options));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "taskgate_bench: %s\n", failure.what());
    return 1;
  }
}

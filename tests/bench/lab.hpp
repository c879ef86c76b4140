#pragma once
// One run of the benchmarks: its settings, its servers, and the measuring of one side for one
// round. taskgate is started anew, on an empty database, for each measurement that fills it.

#include "load.hpp"
#include "probe.hpp"
#include "process.hpp"
#include "replies.hpp"
#include "report.hpp"
#include "temporary_folder.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace taskgate::bench {

struct Settings {
  int rounds = 5;
  std::chrono::milliseconds duration{2000};  ///< of one measurement
  std::chrono::milliseconds warmup{300};     ///< before it
  std::vector<int> connections{1, 16, 64, 256};
  int streams = 10'000;    ///< followers of one task
  int stream_events = 40;  ///< events that each of them sees
  int poll_tasks = 500;    ///< finished tasks that are polled in turn
  int disk_writes = 1000;
  int relayed_chunks = 3000;                    ///< of one paced stream
  int relayed_crowd = 100;                      ///< paced streams at once
  int relayed_crowd_chunks = 300;               ///< of each of them
  int fast_chunks = 600'000;                    ///< of a stream that has no pace
  int lone_tasks = 300;                         ///< that run one after the other
  int live_tasks = 100'000;                     ///< in the database of a start
  int most_streams = 19'000;                    ///< idle ones that one process is to hold
  std::vector<std::int64_t> stored{1'000'000};  ///< finished tasks of the growth rows' databases
  std::filesystem::path filled;  ///< where these are kept for another run; empty: nowhere
  std::string only;              ///< run the rows whose group has this name; empty: all
  std::string left_out;          ///< a group that runs only when it is named
  std::filesystem::path page;    ///< gets the tables too; empty: none
  std::filesystem::path taskgate;
  std::filesystem::path bare;
  std::filesystem::path fanout;
  std::filesystem::path model;
  std::filesystem::path slow_disk;
  std::filesystem::path schema_bench;
  std::filesystem::path scripts;  ///< tests/bench/peers
  std::filesystem::path peers;    ///< where peers/install.sh put these and what they need
  std::filesystem::path folder;   ///< databases are made in here
};

/// How a taskgate is started, where it differs from `taskgate dev` on a new database.
struct TaskgateOptions {
  std::uint16_t model_port = 0;    ///< of the upstream behind the models "bench/…"; 0: none
  std::filesystem::path database;  ///< an existing file, which stays; empty: a new one
  std::filesystem::path preload;   ///< a library that replaces functions of its; empty: none
};

/// taskgate on a database of its own, both gone with this object.
struct TaskgateServer {
  TaskgateServer(const Settings& settings,
                 const std::filesystem::path& parent,
                 const TaskgateOptions& options);
  TemporaryFolder folder;
  ServerProcess process;
};

class Lab {
 public:
  explicit Lab(Settings settings);

  const Settings& settings() const { return settings_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::unique_ptr<TaskgateServer> start_taskgate(const TaskgateOptions& options = {}) const;
  /// The scripted upstream (scripted_model.cpp), for as long as this object lives.
  const ServerProcess& model();
  std::unique_ptr<ServerProcess> start_model() const;
  /// A server in JavaScript from tests/bench/peers; null when there is no Node.js here.
  std::unique_ptr<ServerProcess> start_node_peer(const std::string& script,
                                                 const std::string& argument) const;
  /// The bare Beast server in one of its forms (bare_beast.cpp); answers with copies of taskgate's
  /// own answers.
  enum class BareForm { ordinary, stripped };
  const ServerProcess& bare(BareForm form);
  /// The raw epoll fan-out server, writing `frame` `frames` times to each stream.
  std::unique_ptr<ServerProcess> start_fanout(const std::string& frame, int frames) const;

  /// A plan with this run's durations.
  LoadPlan plan(const ServerProcess& server, int connections) const;
  /// Runs the load in a process of its own and adds what `server` did to `side`. Throws when
  /// anything but expected answers came.
  LoadResult measure(const ServerProcess& server, const LoadPlan& plan, Side& side) const;

  /// A line of progress on stderr.
  static void progress(const std::string& text);

 private:
  void start_bare();

  Settings settings_;
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> ordinary_bare_;
  std::unique_ptr<ServerProcess> stripped_bare_;
  std::unique_ptr<ServerProcess> model_;
};

/// A plan for submitting without end; the answer is checked.
LoadPlan submit_plan(const Lab& lab,
                     const ServerProcess& server,
                     int connections,
                     SubmitStyle style);

/// Seconds from `begun` until no task is queued or running. Bounded.
double seconds_to_drain(const ServerProcess& server, std::chrono::steady_clock::time_point begun);

/// The measured rows.
struct Report {
  std::vector<ComparisonRow> comparisons;
  std::vector<LatencyRow> latencies;
  std::vector<PeerRow> peers;
  std::vector<FigureRow> figures;
  std::vector<std::string> notes;  ///< what was left out, and why
};

// Each adds its rows; in rows_*.cpp.
void measure_disk(Lab& lab, Report& report);
void measure_accept(Lab& lab, Report& report);
void measure_poll(Lab& lab, Report& report);
void measure_end_to_end(Lab& lab, Report& report);
void measure_fanout(Lab& lab, Report& report);
void measure_idle_streams(Lab& lab, Report& report);
void measure_most_streams(Lab& lab, Report& report);
void measure_relay(Lab& lab, Report& report);
void measure_attempt_start(Lab& lab, Report& report);
void measure_start_up(Lab& lab, Report& report);
void measure_growth(Lab& lab, Report& report);
void measure_slow_disk(Lab& lab, Report& report);
void measure_schema(Lab& lab, Report& report);
void measure_peers(Lab& lab, Report& report);

}  // namespace taskgate::bench

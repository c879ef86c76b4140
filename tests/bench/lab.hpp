#pragma once
// One run of the benchmarks: its settings, its servers, and the measuring of one side for one
// round. taskgate is started anew, on an empty database, for each measurement that fills it.

#include "load.hpp"
#include "process.hpp"
#include "replies.hpp"
#include "report.hpp"

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
  int streams = 1000;       ///< followers of one task
  int stream_events = 400;  ///< events that each of them sees
  int poll_tasks = 500;     ///< finished tasks that are polled in turn
  int disk_writes = 1000;
  std::string only;  ///< run the rows whose group has this name; empty: all
  std::filesystem::path taskgate;
  std::filesystem::path bare;
  std::filesystem::path fanout;
  std::filesystem::path folder;  ///< databases are made in here
};

/// taskgate on a database of its own, both gone with this object.
struct TaskgateServer {
  TaskgateServer(const Settings& settings, const std::filesystem::path& parent);
  TemporaryFolder folder;
  ServerProcess process;
};

class Lab {
 public:
  explicit Lab(Settings settings);

  const Settings& settings() const { return settings_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::unique_ptr<TaskgateServer> start_taskgate() const;
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
};

/// The measured rows.
struct Report {
  std::vector<ComparisonRow> comparisons;
  std::vector<FigureRow> figures;
};

// Each adds its rows; in rows_*.cpp.
void measure_disk(Lab& lab, Report& report);
void measure_accept(Lab& lab, Report& report);
void measure_poll(Lab& lab, Report& report);
void measure_end_to_end(Lab& lab, Report& report);
void measure_fanout(Lab& lab, Report& report);
void measure_idle_streams(Lab& lab, Report& report);

}  // namespace taskgate::bench

// Row of a slow disk: accepting when every fdatasync takes 2 ms (slow_disk.cpp), beside the disk as
// it is.

#include "lab.hpp"

#include <string>
#include <utility>

namespace taskgate::bench {

void measure_slow_disk(Lab& lab, Report& report) {
  constexpr int kConnections = 256;
  ComparisonRow row;
  row.what = "durable accept only, 256 connections, every fdatasync takes 2 ms or more";
  row.unit = "accepts/s";
  row.limit = "the disk as it is";
  row.goal = Goal::at_least(0.6);
  TaskgateOptions slow;
  slow.preload = lab.settings().slow_disk;
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("slow disk, round " + std::to_string(round));
    for (const auto& [options, side] :
         {std::pair{TaskgateOptions(), &row.peer}, std::pair{slow, &row.taskgate}}) {
      const auto server = lab.start_taskgate(options);
      const auto& process = server->process;
      lab.measure(process, submit_plan(lab, process, kConnections, SubmitStyle::delayed), *side);
    }
  }
  report.comparisons.push_back(std::move(row));
}

}  // namespace taskgate::bench

#pragma once
// What a figure depends on beside the program: the machine, the compiler, the disk, the load.

#include <filesystem>
#include <string>
#include <vector>

namespace taskgate::bench {

/// Lines "name: value" for the head of a report; `folder` is where the databases are.
std::vector<std::string> describe_machine(const std::filesystem::path& folder);

struct DiskLatency {
  double p50_us = 0;
  double p99_us = 0;
};

/// How the probe writes: at the end of the file, which then grows, or over what is there, as a log
/// that is used again does. A file system has more to do for the first.
enum class DiskWrite { append, over };

/// Writes of 4 KiB, each followed by fdatasync, to a file in `folder`: what one durable write costs
/// there at the least. Throws.
DiskLatency measure_fdatasync(const std::filesystem::path& folder, DiskWrite how, int writes);

}  // namespace taskgate::bench

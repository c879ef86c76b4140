#pragma once
// Folders of a run, gone with it, however it ends.

#include <filesystem>

namespace taskgate::bench {

/// From here on a run that is interrupted (SIGINT, SIGTERM, SIGHUP) leaves no temporary folder
/// behind: some hold gigabytes.
void remove_folders_when_interrupted();

/// A folder that disappears with this object.
class TemporaryFolder {
 public:
  /// Made inside `parent`. Throws.
  explicit TemporaryFolder(const std::filesystem::path& parent);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace taskgate::bench

#include "temporary_folder.hpp"

#include "sockets.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>
#include <system_error>

namespace taskgate::bench {
namespace {

// What a signal's handler may read: fixed memory, a name is complete before it is counted.
constexpr std::size_t kMaxFolders = 16;
std::array<std::array<char, 256>, kMaxFolders> folder_names{};
std::array<volatile sig_atomic_t, kMaxFolders> folder_used{};

void remember(const std::string& path) {
  for (std::size_t i = 0; i < kMaxFolders; ++i) {
    if (folder_used[i] != 0 || path.size() >= folder_names[i].size()) continue;
    folder_names[i].fill('\0');
    path.copy(folder_names[i].data(), path.size());
    folder_used[i] = 1;
    return;
  }
}

void forget(const std::string& path) {
  for (std::size_t i = 0; i < kMaxFolders; ++i) {
    if (folder_used[i] != 0 && path == folder_names[i].data()) folder_used[i] = 0;
  }
}

/// Only calls that signal-safety(7) allows.
void remove_and_exit(int signal) {
  for (std::size_t i = 0; i < kMaxFolders; ++i) {
    if (folder_used[i] == 0 || ::fork() != 0) continue;
    ::execl("/bin/rm", "rm", "-rf", folder_names[i].data(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::_exit(128 + signal);  // the servers die with this process
}

}  // namespace

void remove_folders_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = remove_and_exit;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

TemporaryFolder::TemporaryFolder(const std::filesystem::path& parent) {
  std::string pattern = (parent / "taskgate-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw_errno("mkdtemp in " + parent.string());
  path_ = pattern;
  remember(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a leftover file in a temporary folder is no reason to fail
  std::filesystem::remove_all(path_, ignored);
  forget(path_.string());
}

}  // namespace taskgate::bench

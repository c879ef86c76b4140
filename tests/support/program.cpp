#include "support/program.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace taskgate::test {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

int milliseconds_until(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

// Everything the child needs is made before fork: between fork and exec of a program with threads
// nothing may be allocated.
struct Prepared {
  explicit Prepared(const ProgramOptions& options)
      : program(options.program.string()), log(options.log.string()) {
    words.push_back(program);
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string pair(*entry);
      if (!options.environment.contains(pair.substr(0, pair.find('=')))) settings.push_back(pair);
    }
    for (const auto& [name, value] : options.environment) settings.push_back(name + "=" + value);
    for (auto& word : words) arguments.push_back(word.data());
    for (auto& setting : settings) environment.push_back(setting.data());
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  std::string program;
  std::string log;
  std::vector<std::string> words;
  std::vector<std::string> settings;
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

[[noreturn]] void become(const Prepared& prepared, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = ::open(prepared.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (log < 0 || nothing < 0) ::_exit(126);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(prepared.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  ::_exit(127);
}

ExitStatus status_of(int status) {
  ExitStatus result;
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

std::optional<std::uint16_t> port_in(const std::string& line) {
  const auto value = nlohmann::json::parse(line, nullptr, false);
  if (!value.is_object() || !value.contains("listening")) return std::nullopt;
  const auto url = value["listening"].get<std::string>();
  const auto port = std::strtoul(url.substr(url.rfind(':') + 1).c_str(), nullptr, 10);
  if (port == 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace

std::string to_string(const ExitStatus& status) {
  if (status.signal != 0) return "killed by signal " + std::to_string(status.signal);
  return "exit code " + std::to_string(status.code);
}

Program::Program(const ProgramOptions& options) : log_(options.log) {
  const Prepared prepared(options);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  pid_ = ::fork();
  if (pid_ == 0) become(prepared, ends[1]);
  ::close(ends[1]);
  out_ = ends[0];
  if (pid_ < 0) {
    ::close(out_);
    fail("fork");
  }
}

Program::~Program() {
  kill();
  ::close(out_);
}

std::optional<std::uint16_t> Program::wait_listening(std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  std::string line;
  for (;;) {
    pollfd waiting{out_, POLLIN, 0};
    if (::poll(&waiting, 1, milliseconds_until(until)) <= 0) return std::nullopt;
    char c = 0;
    if (::read(out_, &c, 1) != 1) return std::nullopt;
    if (c == '\n') return port_in(line);
    line.push_back(c);
  }
}

void Program::send_signal(int number) const {
  if (!exit_) ::kill(pid_, number);
}

std::optional<ExitStatus> Program::wait_exit(std::chrono::milliseconds patience) {
  if (exit_) return exit_;
  // A descriptor of the process becomes readable when it ends: no need to ask again and again.
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (process < 0) fail("pidfd_open");
  pollfd waiting{process, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, milliseconds_until(Clock::now() + patience));
  ::close(process);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) fail("waitpid");
  exit_ = status_of(status);
  return exit_;
}

ExitStatus Program::kill() {
  send_signal(SIGKILL);
  int status = 0;
  if (!exit_ && ::waitpid(pid_, &status, 0) == pid_) exit_ = status_of(status);
  return exit_.value_or(ExitStatus());
}

std::string Program::log_tail(std::size_t bytes) const {
  std::ifstream file(log_, std::ios::binary);
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
  file.seekg(static_cast<std::streamoff>(size > bytes ? size - bytes : 0));
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

ProgramOptions dev_program(const std::filesystem::path& program,
                           const std::filesystem::path& database) {
  ProgramOptions options;
  options.program = program;
  options.arguments = {"dev", "--listen", "127.0.0.1:0", "--db", database.string()};
  options.log = database.string() + ".log";
  return options;
}

ScratchFolder::ScratchFolder(const std::filesystem::path& under) {
  std::string name = (under / "taskgate-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;  // nothing to do about a folder that stays
  if (!keep_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace taskgate::test

// The real program on a machine that is not well: a disk that fails, fills up or is slow, no more
// descriptors, little memory, a clock that jumps. Under load, with every invariant asked for at the
// end: whatever was acknowledged must be there, whatever the machine did.

#include "crash/fault_control.hpp"
#include "crash/load.hpp"
#include "crash/server_lives.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::crash {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 60s;
constexpr std::size_t kMegabyte = std::size_t{1} << 20;

class ServerFaults : public ::testing::Test {
 protected:
  ServerFaults() {
    const auto file = (scratch_.path() / "faults").string();
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(FaultControl)) != 0) std::abort();
    void* mapped =
        ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (mapped == MAP_FAILED) std::abort();
    faults_ = new (mapped) FaultControl();
    use(scratch_.path());
  }
  ~ServerFaults() override {
    stop_load();
    server_.reset();
    ::munmap(faults_, sizeof(FaultControl));
  }

  void use(const std::filesystem::path& folder) {
    server_ = std::make_unique<ServerLives>(TASKGATE_PROGRAM, folder);
    server_->environment()["TASKGATE_SHUTDOWN_GRACE_MS"] = "300";
    server_->environment()["LD_PRELOAD"] = TASKGATE_FAULT_SHIM;
    server_->environment()[kFaultFileVariable] = (scratch_.path() / "faults").string();
  }

  void start_load() {
    LoadOptions options;
    options.webhook_url = receiver_.url();
    load_ = std::make_unique<Load>(address_, history_, options);
    go_on();
  }
  void go_on() {
    address_.up(server_->start());
    load_->renew_allowance();
  }
  void stop_load() {
    address_.stop();
    if (load_) load_->stop();
  }

  // Lets the load go on until the condition holds.
  ::testing::AssertionResult wait(const std::string& what, const std::function<bool()>& holds) {
    const auto until = Clock::now() + kPatience;
    while (!holds()) {
      if (Clock::now() > until)
        return ::testing::AssertionFailure() << what << "\n" << server_->program().log_tail();
      if (const auto end = server_->program().wait_exit(10ms))
        return ::testing::AssertionFailure() << "the program ended: " << to_string(*end) << "\n"
                                             << server_->program().log_tail();
      load_->renew_allowance();
    }
    return ::testing::AssertionSuccess();
  }
  ::testing::AssertionResult wait_accepted(std::size_t more) {
    const auto wanted = load_->counts().accepted + more;
    return wait("too few were accepted", [&] { return load_->counts().accepted >= wanted; });
  }
  ::testing::AssertionResult wait_refused() {
    const auto known = load_->counts().refused.load();
    return wait("nothing was refused", [&] { return load_->counts().refused > known; });
  }

  // Refused or broken off: nothing was promised then.
  void submit_large_tasks(int client) {
    test::FragileClient api(server_->port());
    for (int round = 0; round < 10; ++round) {
      Submission submission;
      submission.name = "large-" + std::to_string(client) + '-' + std::to_string(round);
      submission.body = json{{"model", "sim/echo"},
                             {"input", std::string(900'000, 'x')},
                             {"metadata", {{"name", submission.name}}}}
                            .dump();
      const auto index = history_.add(submission);
      const auto answer = api.exchange(submit_request(submission));
      if (answer && (answer->status == 202 || answer->status == 200))
        note_submit_answer(history_, index, *answer);
    }
  }

  test::RawResponse get(const std::string& target) {
    test::FragileClient api(server_->port());
    return api.get(target).value_or(test::RawResponse());
  }
  bool is_ready() { return get("/readyz").status == 200; }

  // Ends the load and everything in it; every invariant must hold.
  void expect_everything_kept() {
    stop_load();
    if (!server_->program().wait_exit(0ms)) server_->stop_cleanly(history_);
    const auto finding = settle_and_collect(*server_, history_, receiver_);
    EXPECT_EQ(report(history_, finding), 0U) << server_->program().log_tail();
    EXPECT_GT(load_->counts().accepted, 0U);
  }

  test::ScratchFolder scratch_;
  FaultControl* faults_ = nullptr;
  std::unique_ptr<ServerLives> server_;
  WebhookReceiver receiver_;
  ServerAddress address_;
  History history_;
  std::unique_ptr<Load> load_;
};

// --- the disk -----------------------------------------------------------------------------------

struct SickDisk {
  const char* name;
  std::atomic<std::int32_t> FaultControl::*which;
  int error;
};

class ServerOnASickDisk : public ServerFaults, public ::testing::WithParamInterface<SickDisk> {};

TEST_P(ServerOnASickDisk, RefusesReadsOnAndRecovers) {
  start_load();
  ASSERT_TRUE(wait_accepted(50));
  const auto before = get("/tasks?limit=1");
  ASSERT_EQ(before.status, 200U);

  for (int round = 0; round < 3; ++round) {
    faults_->*GetParam().which = GetParam().error;
    ASSERT_TRUE(wait_refused());
    ASSERT_TRUE(wait("it is still ready", [&] { return !is_ready(); }));
    const auto readiness = get("/readyz");
    EXPECT_EQ(readiness.status, 503U);
    EXPECT_NE(readiness.body.find("storage"), std::string::npos) << readiness.body;
    EXPECT_EQ(get("/tasks?limit=1").status, 200U) << "reads do not go on";
    EXPECT_EQ(get("/livez").status, 200U);
    faults_->*GetParam().which = 0;
    ASSERT_TRUE(wait("it does not recover", [&] { return is_ready(); }));
    ASSERT_TRUE(wait_accepted(30));
  }

  EXPECT_GT(faults_->failures, 0U);
  expect_everything_kept();
}

// The process dies while its disk is sick, and starts on a disk that is well.
TEST_P(ServerOnASickDisk, LosesNothingWhenItDiesOfIt) {
  start_load();
  ASSERT_TRUE(wait_accepted(50));
  faults_->*GetParam().which = GetParam().error;
  ASSERT_TRUE(wait_refused());

  address_.down();
  server_->program().kill();
  faults_->*GetParam().which = 0;
  go_on();

  ASSERT_TRUE(wait_accepted(30));
  expect_everything_kept();
}

INSTANTIATE_TEST_SUITE_P(Crash,
                         ServerOnASickDisk,
                         ::testing::Values(SickDisk{"SyncsFail", &FaultControl::sync_error, EIO},
                                           SickDisk{"WritesFail", &FaultControl::write_error, EIO},
                                           SickDisk{"NoSpaceIsLeft", &FaultControl::write_error,
                                                    ENOSPC}),
                         [](const auto& instance) { return std::string(instance.param.name); });

// A file system of its own, small, filled by somebody else.
TEST_F(ServerFaults, ADiskThatIsReallyFullIsSurvived) {
  const auto folder = scratch_.path() / "small";
  std::filesystem::create_directory(folder);
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=24m") != 0)
    GTEST_SKIP() << "no right to mount a small file system";
  struct Mounted {
    std::string path;
    ~Mounted() { ::umount2(path.c_str(), MNT_DETACH); }
  } const mounted{folder.string()};
  use(folder);
  start_load();
  ASSERT_TRUE(wait_accepted(50));

  const auto filler = folder / "filler";
  {
    std::string megabyte(kMegabyte, 'x');
    const int file = ::open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    while (::write(file, megabyte.data(), megabyte.size()) > 0) {
    }
    ::close(file);
  }
  ASSERT_TRUE(wait_refused());
  EXPECT_EQ(get("/tasks?limit=1").status, 200U);
  std::filesystem::remove(filler);

  ASSERT_TRUE(wait("it does not recover", [&] { return is_ready(); }));
  ASSERT_TRUE(wait_accepted(30));
  expect_everything_kept();
}

// The kernel's own errors, of the system calls themselves.
TEST_F(ServerFaults, SyncsThatFailInTheKernelAreNotAcknowledged) {
  if (std::system("strace -o /dev/null true > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "strace is not installed, or may not trace";
  server_->environment().erase("LD_PRELOAD");
  server_->run_under({"/usr/bin/strace", "-D", "-f", "-qq", "-o",
                      (scratch_.path() / "strace").string(), "-e", "trace=fdatasync", "-e",
                      "inject=fdatasync:error=EIO:when=40+23"});  // never one that starts it
  start_load();
  ASSERT_TRUE(wait_accepted(150));
  ASSERT_TRUE(wait_refused());
  server_->run_directly();
  expect_everything_kept();
}

TEST_F(ServerFaults, ASlowDiskSlowsAndLosesNothing) {
  for (const int delay_us : {2'000, 50'000}) {
    faults_->sync_delay_us = delay_us;
    if (!load_) start_load();
    ASSERT_TRUE(wait_accepted(40));
    EXPECT_TRUE(is_ready());
  }
  faults_->sync_delay_us = 0;
  expect_everything_kept();
}

// --- descriptors and memory ---------------------------------------------------------------------

// More connections than the process may have: it goes on with those it has, and takes new ones when
// some have gone.
TEST_F(ServerFaults, RunningOutOfDescriptorsIsSurvived) {
  start_load();
  ASSERT_TRUE(wait_accepted(30));
  const rlimit few{96, 96};
  ASSERT_EQ(::prlimit(server_->program().pid(), RLIMIT_NOFILE, &few, nullptr), 0);

  {
    std::vector<std::unique_ptr<test::RawClient>> crowd;
    for (int number = 0; number < 150; ++number)
      crowd.push_back(std::make_unique<test::RawClient>(server_->port()));
    ASSERT_TRUE(wait_accepted(30)) << "those that were connected are not served";
  }

  ASSERT_TRUE(wait("no new connection is taken", [&] { return is_ready(); }));
  ASSERT_TRUE(wait_accepted(30));
  expect_everything_kept();
}

TEST_F(ServerFaults, AcceptsThatFailAreTriedAgain) {
  start_load();
  ASSERT_TRUE(wait_accepted(30));
  for (const int error : {EMFILE, ENFILE, ECONNABORTED, ENOBUFS}) {
    faults_->accept_error = error;
    test::FragileClient waiting(server_->port());
    std::optional<test::RawResponse> answer;
    std::thread asks([&] { answer = waiting.get("/livez"); });
    EXPECT_TRUE(wait("accept is not tried", [&] { return faults_->failures > 0; }));
    faults_->accept_error = 0;
    // A connection that the kernel calls aborted is gone. The shim's still stands in the queue, and
    // nothing is heard of it before the next one comes.
    test::FragileClient next(server_->port());
    const auto second = next.get("/livez");
    EXPECT_TRUE(second && second->status == 200) << "errno " << error;
    asks.join();
    EXPECT_TRUE(answer && answer->status == 200) << "errno " << error;
    faults_->failures = 0;
  }
  expect_everything_kept();
}

// Little memory is left: requests may be refused and connections break, the process may even end,
// but what was acknowledged stays.
TEST_F(ServerFaults, LittleMemoryLosesNothing) {
  start_load();
  ASSERT_TRUE(wait_accepted(50));
  stop_load();
  std::uint64_t used_bytes = 0;
  {
    std::ifstream sizes("/proc/" + std::to_string(server_->program().pid()) + "/statm");
    sizes >> used_bytes;
    used_bytes *= static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  const rlimit tight{used_bytes + 4 * kMegabyte, used_bytes + 4 * kMegabyte};
  ASSERT_EQ(::prlimit(server_->program().pid(), RLIMIT_AS, &tight, nullptr), 0);

  std::vector<std::thread> hungry;
  for (int number = 0; number < 16; ++number)
    hungry.emplace_back([this, number] { submit_large_tasks(number); });
  for (auto& thread : hungry) thread.join();

  const auto end = server_->program().wait_exit(0ms);
  std::cout << "  with 4 MiB to spare the program "
            << (end ? "ended: " + to_string(*end) : std::string("went on")) << std::endl;
  server_->program().kill();
  expect_everything_kept();
}

// --- the clock ----------------------------------------------------------------------------------

class ServerWhoseClockIsSet : public ServerFaults, public ::testing::WithParamInterface<int> {};

TEST_P(ServerWhoseClockIsSet, GoesOnAsIfNothingWere) {
  const std::chrono::milliseconds shift = std::chrono::hours(GetParam());
  start_load();
  ASSERT_TRUE(wait_accepted(60));

  faults_->clock_shift_ms = shift.count();
  ASSERT_TRUE(wait_accepted(60));
  stop_load();

  EXPECT_EQ(settle(server_->port(), history_, receiver_, 60s), "");
  // A start on a clock a day later would rightly not know yesterday's keys.
  if (shift.count() > 0) faults_->clock_shift_ms = 0;
  expect_everything_kept();
}

INSTANTIATE_TEST_SUITE_P(Crash,
                         ServerWhoseClockIsSet,
                         ::testing::Values(1, -1, 24, -24),
                         [](const auto& instance) {
                           const int hours = instance.param;
                           return (hours < 0 ? "BackBy" : "ForwardBy") +
                                  std::to_string(hours < 0 ? -hours : hours) + "Hours";
                         });

}  // namespace
}  // namespace taskgate::crash

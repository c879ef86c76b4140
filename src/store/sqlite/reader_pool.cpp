#include "store/sqlite/reader_pool.hpp"

#include "taskgate/observe/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace taskgate::store::sqlite {
namespace {

// Reads that may wait for a thread. Each is a request in flight, which other bounds limit first.
constexpr std::size_t kReadQueueLimit = 65536;

// Answers gather for one wake-up, but none waits longer than this for those behind it.
constexpr auto kGatherAtMost = std::chrono::microseconds(200);

void run_job(ReadJob& job, Database& db) {
  try {
    job.run(db);
  } catch (const std::exception& failure) {
    log::error("store.read_failed", {{"reason", failure.what()}});
    Error error(Errc::storage, "the task store cannot read now");
    error.with_detail(failure.what()).with_retry_after(std::chrono::seconds(1));
    job.fail(error);
  }
}

}  // namespace

ReaderPool::ReaderPool(const std::string& path, int threads) {
  const int count = std::clamp(threads, 1, 16);
  for (int i = 0; i < count; ++i)
    connections_.push_back(std::make_unique<Database>(path, OpenMode::reader));
  for (const auto& connection : connections_)
    threads_.emplace_back([this, db = connection.get()] { run(*db); });
}

ReaderPool::~ReaderPool() {
  stop();
}

void ReaderPool::submit(std::unique_ptr<ReadJob> job) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return refuse(std::move(job), Error(Errc::storage, "the task store is closed"));
  }
  if (queue_.size() >= kReadQueueLimit) {
    lock.unlock();
    Error error(Errc::overloaded, "too many reads are waiting for the task store");
    error.with_retry_after(std::chrono::seconds(1));
    return refuse(std::move(job), error);
  }
  queue_.push_back(std::move(job));
  lock.unlock();
  wake_.notify_one();
}

void ReaderPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  const std::lock_guard lock(join_mutex_);
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  connections_.clear();
}

// Null: stopped, and nothing is left.
std::unique_ptr<ReadJob> ReaderPool::wait_for_job() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  return take_front();
}

std::unique_ptr<ReadJob> ReaderPool::try_next() {
  const std::lock_guard lock(mutex_);
  return take_front();
}

// With mutex_ held. Null: the queue is empty.
std::unique_ptr<ReadJob> ReaderPool::take_front() {
  if (queue_.empty()) return nullptr;
  auto job = std::move(queue_.front());
  queue_.pop_front();
  return job;
}

void ReaderPool::run(Database& db) {
  CompletionBatch done;
  while (auto job = wait_for_job()) {
    const auto flush_at = std::chrono::steady_clock::now() + kGatherAtMost;
    while (job) {
      run_job(*job, db);
      done.add(std::exchange(job, nullptr));
      if (std::chrono::steady_clock::now() < flush_at) job = try_next();
    }
    done.post();
  }
}

}  // namespace taskgate::store::sqlite

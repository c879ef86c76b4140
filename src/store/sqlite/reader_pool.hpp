#pragma once
// The reading side: a few threads, each with its own read-only connection, and one queue. A read is
// a closure; it sees a snapshot that begins when it runs.

#include "store/completion.hpp"
#include "store/sqlite/database.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::store::sqlite {

/// One read, from its submission to its completion.
class ReadJob : public Completion {
 public:
  /// Reads and keeps the outcome. May throw StorageFailure.
  virtual void run(Database& db) = 0;

 protected:
  using Completion::Completion;
};

class ReaderPool {
 public:
  /// Opens the connections; throws StorageFailure when one cannot be opened.
  ReaderPool(const std::string& path, int threads);
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  /// Queues a read, or refuses it (Errc::overloaded, Errc::storage once stopped). Any thread.
  void submit(std::unique_ptr<ReadJob> job);
  /// Refuses what comes from now on, finishes what is queued, joins and closes. Idempotent.
  void stop();

 private:
  void run(Database& db);
  std::unique_ptr<ReadJob> wait_for_job();
  std::unique_ptr<ReadJob> try_next();
  std::unique_ptr<ReadJob> take_front();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<ReadJob>> queue_;
  bool stopping_ = false;

  std::mutex join_mutex_;
  std::vector<std::unique_ptr<Database>> connections_;
  std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace taskgate::store::sqlite

#pragma once
// How results leave the store's threads: a Completion knows its handler's executor, a
// CompletionBatch gathers many and posts once per executor. One wake-up a batch, not one an item,
// is worth a third of the throughput on few cores.

#include "taskgate/core/result.hpp"
#include "taskgate/store/store.hpp"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace taskgate::store {

/// Something that will be told its outcome exactly once, on its executor.
class Completion {
 public:
  virtual ~Completion() = default;
  /// Hands the outcome over. Called once, at the end of the object's life.
  virtual void complete() = 0;
  /// The outcome becomes this error, whatever it was.
  virtual void fail(const Error& error) = 0;

  const boost::asio::any_completion_executor& executor() const noexcept { return executor_; }
  /// For whoever submits this: its thread must hold the executor, and with it the context, until
  /// submitting has returned, by when this object may be gone.
  boost::asio::any_completion_executor take_executor() noexcept { return std::move(executor_); }

 protected:
  explicit Completion(boost::asio::any_completion_executor executor)
      : executor_(std::move(executor)) {}

 private:
  boost::asio::any_completion_executor executor_;
};

/// The executor of a handler, counted as outstanding work: a context must not run dry while the
/// store still owes it an answer. A handler without one is called on the system's thread pool.
template <class T>
boost::asio::any_completion_executor working_executor(const Handler<T>& handler) {
  return boost::asio::prefer(
      boost::asio::get_associated_executor(
          handler, boost::asio::require(boost::asio::system_executor(),
                                        boost::asio::execution::blocking.never)),
      boost::asio::execution::outstanding_work.tracked);
}

/// A completion with a value; `Base` is Completion or a class derived from it.
template <class T, class Base>
class HandlerCompletion : public Base {
 public:
  explicit HandlerCompletion(Handler<T> handler)
      : Base(working_executor<T>(handler)), handler_(std::move(handler)) {}

  void complete() final {
    auto handler = std::move(handler_);
    auto outcome = std::move(*outcome_);
    std::move(handler)(std::move(outcome));
  }
  void fail(const Error& error) final { outcome_.emplace(error); }

 protected:
  void set(Result<T> outcome) { outcome_.emplace(std::move(outcome)); }

 private:
  Handler<T> handler_;
  std::optional<Result<T>> outcome_;
};

/// Completions on their way out, grouped by executor. Order is kept within an executor.
///
/// Only for the store's own threads, to which no handler's executor belongs: the executor of an
/// any_completion_handler cannot be told never to run inline (Boost 1.81: it lacks
/// execution::blocking), so whoever posts must be a stranger to it.
class CompletionBatch {
 public:
  void add(std::unique_ptr<Completion> completion);
  /// One submission per group; empties the batch.
  void post();
  bool empty() const noexcept { return groups_.empty(); }

 private:
  using Group = std::vector<std::unique_ptr<Completion>>;
  std::vector<Group> groups_;
};

/// Completes with an error from any thread, never inline.
void refuse(std::unique_ptr<Completion> completion, const Error& error);

}  // namespace taskgate::store

#include "taskgate/store/store.hpp"

#include "store/awaiting.hpp"

namespace taskgate::store {

Awaitable<AcceptOutcome> Store::accept(NewTask task) {
  return awaiting<AcceptOutcome>([this, task = std::move(task)](auto handler) mutable {
    async_accept(std::move(task), std::move(handler));
  });
}

Awaitable<LogPosition> Store::start(StartAttempt start) {
  return awaiting<LogPosition>([this, start = std::move(start)](auto handler) mutable {
    async_start(std::move(start), std::move(handler));
  });
}

Awaitable<LogPosition> Store::append(Append append) {
  return awaiting<LogPosition>([this, append = std::move(append)](auto handler) mutable {
    async_append(std::move(append), std::move(handler));
  });
}

Awaitable<LogPosition> Store::requeue(Requeue requeue) {
  return awaiting<LogPosition>([this, requeue = std::move(requeue)](auto handler) mutable {
    async_requeue(std::move(requeue), std::move(handler));
  });
}

Awaitable<LogPosition> Store::finish(Finish finish) {
  return awaiting<LogPosition>([this, finish = std::move(finish)](auto handler) mutable {
    async_finish(std::move(finish), std::move(handler));
  });
}

}  // namespace taskgate::store

#include "store/sqlite/sqlite_journal.hpp"

#include "store/awaiting.hpp"
#include "store/sqlite/commands.hpp"
#include "store/sqlite/reads.hpp"

#include <memory>
#include <utility>

namespace taskgate::store::sqlite {

template <class In, class Out>
boost::asio::awaitable<Result<Out>> SqliteJournal::await_write(Result<Out> (*write)(WriteContext&,
                                                                                    const In&),
                                                               In input) {
  return awaiting<Out>([this, write, input = std::move(input)](Handler<Out> handler) mutable {
    commits_.submit(std::make_unique<WriteCommand<In, Out>>(session_.context(), write,
                                                            std::move(input), std::move(handler)));
  });
}

boost::asio::awaitable<Result<std::uint64_t>> SqliteJournal::commit_turn(CommitTurn turn) {
  return await_write(&write_turn, std::move(turn));
}

boost::asio::awaitable<Result<Dispatched>> SqliteJournal::dispatch(Dispatch dispatch) {
  return await_write(&write_dispatch, std::move(dispatch));
}

boost::asio::awaitable<Result<OutcomeRecorded>> SqliteJournal::record_outcome(
    RecordOutcome outcome) {
  return await_write(&write_outcome, std::move(outcome));
}

boost::asio::awaitable<Result<std::uint64_t>> SqliteJournal::wait(Wait wait) {
  return await_write(&write_wait, std::move(wait));
}

boost::asio::awaitable<Result<TaskStatus>> SqliteJournal::answer(Answer answer) {
  return await_write(&write_answer, std::move(answer));
}

boost::asio::awaitable<Result<TaskJournal>> SqliteJournal::read(TaskRef ref) {
  auto job = [ref = std::move(ref)](Database& db) { return read_journal(db, ref); };
  return awaiting<TaskJournal>([this, job = std::move(job)](Handler<TaskJournal> handler) mutable {
    using Job = ReadCommand<TaskJournal, decltype(job)>;
    readers_.submit(std::make_unique<Job>(std::move(job), std::move(handler)));
  });
}

}  // namespace taskgate::store::sqlite

#pragma once
// The journal of agents' tasks over the same writer and readers as the rest of the store.

#include "store/group_commit.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/sqlite/write_session.hpp"
#include "taskgate/store/journal.hpp"

namespace taskgate::store::sqlite {

class SqliteJournal final : public Journal {
 public:
  /// All outlive this object.
  SqliteJournal(SqliteSession& session, GroupCommit& commits, ReaderPool& readers)
      : session_(session), commits_(commits), readers_(readers) {}

  boost::asio::awaitable<Result<std::uint64_t>> commit_turn(CommitTurn turn) override;
  boost::asio::awaitable<Result<Dispatched>> dispatch(Dispatch dispatch) override;
  boost::asio::awaitable<Result<OutcomeRecorded>> record_outcome(RecordOutcome outcome) override;
  boost::asio::awaitable<Result<std::uint64_t>> wait(Wait wait) override;
  boost::asio::awaitable<Result<TaskStatus>> answer(Answer answer) override;
  boost::asio::awaitable<Result<TaskJournal>> read(TaskRef ref) override;

 private:
  template <class In, class Out>
  boost::asio::awaitable<Result<Out>> await_write(Result<Out> (*write)(WriteContext&, const In&),
                                                  In input);

  SqliteSession& session_;
  GroupCommit& commits_;
  ReaderPool& readers_;
};

}  // namespace taskgate::store::sqlite

// Labels: what a client says of a finished task's answer.

#include "store/sqlite/reads.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/writes.hpp"

#include <algorithm>

namespace taskgate::store::sqlite {
namespace {

constexpr const char* kLabelState =
    "SELECT status, purged FROM tasks WHERE tenant = ?1 AND id = ?2";

constexpr const char* kPutLabel =
    "INSERT OR REPLACE INTO labels (tenant, id, at, correct, route, score, note)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

constexpr const char* kNewestLabels =
    "SELECT tenant, id, at, correct, route, score, note FROM labels"
    " ORDER BY at DESC, tenant, id LIMIT ?1";

}  // namespace

Result<Done> write_label(WriteContext& context, const Label& label) {
  {
    auto query = context.db.query(kLabelState);
    query.bind(label.ref.tenant, label.ref.id);
    if (!query.step()) return no_such_task();
    if (!is_final(static_cast<TaskStatus>(query.small(0))))
      return Error(Errc::conflict, "the task is not finished: it has no answer to be labelled yet");
    if (query.small(1) != 0) return Error(Errc::gone, "the task's content was deleted");
  }
  auto put = context.db.query(kPutLabel);
  put.bind(label.ref.tenant, label.ref.id, label.at, label.correct, label.route, label.score,
           label.note)
      .run();
  return Done{};
}

Result<std::vector<Label>> read_labels(Database& db, int limit) {
  std::vector<Label> labels;
  auto query = db.query(kNewestLabels);
  query.bind(limit);
  while (query.step()) {
    auto& label = labels.emplace_back();
    label.ref = TaskRef{query.text(0), query.task_id(1)};
    label.at = query.time(2);
    label.correct = query.small(3) != 0;
    label.route = query.text(4);
    if (!query.is_null(5)) label.score = query.real(5);
    label.note = query.optional_text(6);
  }
  std::reverse(labels.begin(), labels.end());
  return labels;
}

}  // namespace taskgate::store::sqlite

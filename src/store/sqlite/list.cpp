// Listing tasks: newest first by id (UUIDv7: id order is time order), filters applied while
// stepping, with a bound on the rows that one page may visit.

#include "store/sqlite/reads.hpp"
#include "store/sqlite/rows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskgate::store::sqlite {
namespace {

// A page that finds nothing in this many rows comes back short, with a cursor to go on from.
constexpr int kRowsPerPage = 10'000;

// How far an id's time may lie from created_at: ids never go back, a clock may (core/ids). Within
// this the time filters only narrow the range that is stepped through; created_at decides.
constexpr auto kClockSlack = std::chrono::hours(1);

const std::string kListAll = select_tasks(
    " FROM tasks t WHERE t.tenant = ?1 AND t.id < ?2 AND t.id > ?3 ORDER BY t.id DESC LIMIT ?4");

const std::string kListLive = select_tasks(
    " FROM tasks t INDEXED BY tasks_live"
    " WHERE t.tenant = ?1 AND t.id < ?2 AND t.id > ?3 AND t.finished_at IS NULL"
    " ORDER BY t.id DESC LIMIT ?4");

TaskId id_at(TimePoint time) {
  TaskId id;
  const auto ms =
      static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  return id;
}

TaskId upper_bound_of(const ListFilter& filter) {
  TaskId upper;
  upper.bytes.fill(0xFF);
  if (filter.created_before) upper = std::min(upper, id_at(*filter.created_before + kClockSlack));
  if (filter.before) upper = std::min(upper, *filter.before);
  return upper;
}

TaskId lower_bound_of(const ListFilter& filter) {
  if (!filter.created_after) return {};
  return id_at(*filter.created_after - kClockSlack);
}

bool wants_live_only(const ListFilter& filter) {
  return !filter.statuses.empty() &&
         std::none_of(filter.statuses.begin(), filter.statuses.end(),
                      [](TaskStatus status) { return is_final(status); });
}

bool has_tag(const std::string& tags, const std::string& tag) {
  const auto array = nlohmann::json::parse(tags, nullptr, false);
  return array.is_array() && std::any_of(array.begin(), array.end(), [&](const auto& entry) {
           return entry.is_string() && entry.template get_ref<const std::string&>() == tag;
         });
}

bool has_metadata(const std::string& metadata,
                  const std::vector<std::pair<std::string, std::string>>& wanted) {
  const auto object = nlohmann::json::parse(metadata, nullptr, false);
  if (!object.is_object()) return false;
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
    const auto found = object.find(pair.first);
    if (found == object.end()) return false;
    // A number or boolean is asked for as it is written in JSON.
    return found->is_string() ? found->template get_ref<const std::string&>() == pair.second
                              : found->dump() == pair.second;
  });
}

bool matches(const Task& task, const ListFilter& filter) {
  if (!filter.statuses.empty() && std::find(filter.statuses.begin(), filter.statuses.end(),
                                            task.status) == filter.statuses.end())
    return false;
  if (filter.model && task.model != *filter.model) return false;
  if (filter.created_after && task.created_at <= *filter.created_after) return false;
  if (filter.created_before && task.created_at >= *filter.created_before) return false;
  if (filter.tag && !has_tag(task.tags, *filter.tag)) return false;
  return filter.metadata.empty() || has_metadata(task.metadata, filter.metadata);
}

}  // namespace

Result<TaskPage> read_list(Database& db, const ListFilter& filter) {
  const auto limit = static_cast<std::size_t>(std::clamp(filter.limit, 1, 100));
  const auto upper = upper_bound_of(filter);
  const auto lower = lower_bound_of(filter);
  TaskPage page;
  auto query = db.query((wants_live_only(filter) ? kListLive : kListAll).c_str());
  query.bind(filter.tenant, upper, lower, kRowsPerPage + 1);
  std::optional<TaskId> visited;
  for (int rows = 0; query.step(); ++rows) {
    auto task = read_task(query);
    const bool wanted = matches(task, filter);
    if (rows == kRowsPerPage || (wanted && page.tasks.size() == limit)) {
      page.has_more = true;
      page.next_before = visited;
      break;
    }
    visited = task.ref.id;
    if (wanted) page.tasks.push_back(std::move(task));
  }
  return page;
}

}  // namespace taskgate::store::sqlite

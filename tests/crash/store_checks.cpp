#include "crash/store_checks.hpp"

#include "crash/collect.hpp"
#include "crash/store_calls.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

namespace taskgate::crash {

namespace {

constexpr int kWholeLog = 100'000;
constexpr std::size_t kAnySize = std::size_t{1} << 30;

// One recovered database against one history.
class StoreCheck {
 public:
  StoreCheck(store::Store& store, const StoreHistory& history, Moment crash)
      : store_(store), history_(history), crash_(crash) {}

  CrashFindings run(const std::filesystem::path& database) {
    recover();
    for (const auto& task : history_.tasks) check_task(task);
    check_lists();
    check_deliveries();
    check_keys();
    check_traces(database);
    for (const auto& task : history_.tasks) repeat_accept(task);
    return std::move(found_);
  }

 private:
  // What of a task's steps the database shows.
  struct Seen {
    bool present = false;
    std::size_t steps = 0;
  };

  void lost(const KnownTask& task, const std::string& what) {
    found_.lost.push_back(task.canary + ' ' + what);
  }
  void broken(const KnownTask& task, const std::string& what) {
    found_.broken.push_back(task.canary + ' ' + what);
  }

  void recover() {
    const auto live = store_.recover(test_time(7000));
    if (!live) {
      found_.broken.push_back("recovery failed: " + live.error().message());
      return;
    }
    for (const auto& entry : *live) live_.insert(to_string(entry.task.ref.id));
  }

  std::size_t acknowledged_steps(const KnownTask& task) const {
    std::size_t count = 0;
    while (count < task.steps.size() && task.steps[count].span.was_acknowledged(crash_)) ++count;
    return count;
  }

  std::size_t submitted_steps(const KnownTask& task) const {
    std::size_t count = 0;
    while (count < task.steps.size() && task.steps[count].span.was_submitted(crash_)) ++count;
    return count;
  }

  void check_task(const KnownTask& task) {
    const auto& ref = task.request.task.ref;
    const auto record = complete(store_.get(ref));
    auto& seen = seen_.emplace_back();
    if (!record) {
      if (record.error().code() != Errc::not_found)
        return broken(task, "cannot be read: " + record.error().message());
      if (acknowledged_steps(task) > 0) lost(task, "was accepted and is gone");
      return;
    }
    seen.present = true;
    ++present_;
    if (submitted_steps(task) == 0) return broken(task, "is there and was never submitted");
    check_names(task);
    if (record->task.purged)
      check_purged(task, seen, record->task);
    else
      check_content(task, seen, record->task, record->final_data);
    if (task.cancel.was_acknowledged(crash_) && !record->task.cancel_requested)
      lost(task, "was to be cancelled");
  }

  void check_names(const KnownTask& task) {
    const auto& row = task.request.task;
    auto other = row.ref;
    other.tenant = row.ref.tenant == "acme" ? "bolt" : "acme";
    if (complete(store_.get(other))) broken(task, "is seen by another tenant");
    if (!row.client_id) return;
    const auto id = complete(store_.find_client_id(row.ref.tenant, *row.client_id));
    if (!id || *id != row.ref.id) broken(task, "is not found by its client's id");
  }

  void check_purged(const KnownTask& task, Seen& seen, const Task& row) {
    seen.steps = task.steps.size();
    if (task.steps.back().kind != StepKind::purge || !task.steps.back().span.was_submitted(crash_))
      return broken(task, "is purged and nobody asked for it");
    const auto log = complete(store_.events(row.ref, 0, kWholeLog, kAnySize));
    if (log || log.error().code() != Errc::gone) broken(task, "is purged and has a log");
    if (complete(store_.request_body(row.ref))) broken(task, "is purged and has a request");
  }

  void check_content(const KnownTask& task,
                     Seen& seen,
                     const Task& row,
                     const std::string& final_data) {
    const auto page = complete(store_.events(row.ref, 0, kWholeLog, kAnySize));
    if (!page) return broken(task, "has no log: " + page.error().message());
    for (std::size_t index = 0; index < page->events.size(); ++index) {
      if (page->events[index].seq != index + 1) return broken(task, "has a gap in its log");
    }
    // An interruption looks the same whether recovery wrote it before or after the crash.
    auto steps = submitted_steps(task);
    while (steps > 0 && !shows(task, steps, page->events)) --steps;
    for (auto later = task.steps.size(); steps == 0 && later > submitted_steps(task); --later) {
      if (shows(task, later, page->events)) steps = later;
    }
    if (steps == 0) return broken(task, "has a log that no sequence of its commands gives");
    seen.steps = steps;
    if (steps > submitted_steps(task)) broken(task, "has a command that was not submitted yet");
    if (steps < acknowledged_steps(task))
      lost(task, "lost " + std::to_string(acknowledged_steps(task) - steps) + " commands");
    check_row(task, steps, row);
    const auto body = complete(store_.request_body(row.ref));
    if (!body || *body != task.request.request_body) broken(task, "has another request");
    const bool is_over = is_final(row.status);
    if (is_over && final_data != page->events.back().data) broken(task, "has another result");
  }

  // The log as it stands after so many of the task's steps and a recovery.
  static bool shows(const KnownTask& task, std::size_t steps, const std::vector<Event>& log) {
    if (task.steps[steps - 1].kind == StepKind::purge) return false;
    auto expected = task.log_after(steps);
    if (task.status_after(steps) == TaskStatus::running) {
      const auto attempt = std::to_string(task.attempts_after(steps));
      expected.push_back({EventType::output_reset, R"("reason":"interrupted")"});
      expected.push_back(
          {EventType::task_retrying, R"("reason":"interrupted","attempt":)" + attempt});
    }
    return std::equal(expected.begin(), expected.end(), log.begin(), log.end(),
                      [](const KnownEvent& known, const Event& event) {
                        return known.type == event.type && known.data == event.data;
                      });
  }

  void check_row(const KnownTask& task, std::size_t steps, const Task& row) {
    auto status = task.status_after(steps);
    const bool interrupted = status == TaskStatus::running;
    if (interrupted) status = TaskStatus::queued;
    if (row.status != status)
      broken(task, std::string("is ") + to_string(row.status) + ", not " + to_string(status));
    if (row.last_seq != task.log_after(steps).size() + (interrupted ? 2 : 0))
      broken(task, "counts another number of events than its log has");
    if (row.attempts != task.attempts_after(steps)) broken(task, "counts its attempts wrongly");
    if (live_.contains(to_string(row.ref.id)) == is_final(status))
      broken(task, "is not where recovery ought to have it");
  }

  // Counters equal counts, and every row belongs to its tenant.
  void check_lists() {
    std::size_t listed = 0;
    std::size_t live = 0;
    for (const char* tenant : {"acme", "bolt"}) {
      store::ListFilter filter;
      filter.tenant = tenant;
      filter.limit = 100;
      const auto page = complete(store_.list(filter));
      if (!page) {
        found_.broken.push_back("the list cannot be read: " + page.error().message());
        continue;
      }
      for (const auto& task : page->tasks) {
        if (task.ref.tenant != tenant) found_.broken.push_back("a row crossed tenants");
        if (!is_final(task.status)) ++live;
      }
      listed += page->tasks.size();
    }
    if (listed != present_) found_.broken.push_back("the list has another number of tasks");
    if (live != live_.size())
      found_.broken.push_back("recovery found another number of live tasks");
  }

  // --- webhooks -------------------------------------------------------------------------------

  void check_deliveries() {
    for (std::size_t index = 0; index < history_.tasks.size(); ++index) {
      const auto& task = history_.tasks[index];
      if (seen_[index].present) check_outbox(task, seen_[index]);
    }
    for (const auto& [id, known] : history_.deliveries) check_attempts(id, known);
  }

  // Each announced event has its row, and nothing else has.
  void check_outbox(const KnownTask& task, const Seen& seen) {
    store::DeliveryFilter filter;
    filter.tenant = task.request.task.ref.tenant;
    filter.task = task.request.task.ref.id;
    filter.limit = 100;
    const auto page = complete(store_.list_deliveries(filter));
    if (!page) return broken(task, "has no delivery log: " + page.error().message());
    std::vector<std::uint64_t> announced;
    const auto log = task.log_after(seen.steps);
    for (std::size_t index = 0; index < log.size(); ++index) {
      const auto bit = 1U << static_cast<unsigned>(log[index].type);
      const auto& webhook = task.request.webhook;
      if (webhook && (webhook->event_mask & bit) != 0) announced.push_back(index + 1);
    }
    std::vector<std::uint64_t> rows;
    for (const auto& delivery : page->deliveries) rows.push_back(delivery.seq);
    std::sort(rows.begin(), rows.end());
    if (rows != announced) broken(task, "has an outbox that differs from its log");
  }

  void check_attempts(std::int64_t id, const KnownDelivery& known) {
    std::size_t acknowledged = 0;
    std::size_t submitted = 0;
    for (const auto& span : known.attempts) {
      acknowledged += span.was_acknowledged(crash_);
      submitted += span.was_submitted(crash_);
    }
    if (submitted == 0) return;
    std::size_t recorded = 0;
    for (const char* tenant : {"acme", "bolt"}) {
      if (const auto attempts = complete(store_.delivery_attempts(tenant, id)))
        recorded = attempts->size();
    }
    const auto name = "delivery " + std::to_string(id);
    if (recorded < acknowledged) found_.lost.push_back(name + " lost an attempt");
    if (recorded > submitted) found_.broken.push_back(name + " has attempts that nobody made");
  }

  // --- keys and secrets -----------------------------------------------------------------------

  void check_keys() {
    const auto keys = complete(store_.keys());
    if (!keys) return found_.broken.push_back("the keys cannot be read");
    for (const auto& [name, span] : history_.keys) {
      const auto& id = name;  // clang 14: a lambda captures no structured binding
      const auto key = std::find_if(keys->begin(), keys->end(),
                                    [&](const store::ApiKey& each) { return each.id == id; });
      if (key == keys->end()) {
        if (span.was_acknowledged(crash_)) found_.lost.push_back(id + " is gone");
        continue;
      }
      const auto revoked = history_.revoked.find(id);
      if (revoked != history_.revoked.end() && revoked->second.was_acknowledged(crash_) &&
          !key->revoked_at)
        found_.lost.push_back(id + " was revoked and is valid");
    }
    for (const auto& [name, span] : history_.secrets) {
      if (!span.was_acknowledged(crash_)) continue;
      const auto secrets = complete(store_.webhook_secrets(name.substr(0, name.find(' '))));
      const auto secret = name.substr(name.find(' ') + 1);
      if (!secrets || std::find(secrets->begin(), secrets->end(), secret) == secrets->end())
        found_.lost.push_back("a webhook secret is gone");
    }
  }

  // --- erasure and idempotency ----------------------------------------------------------------

  void check_traces(const std::filesystem::path& database) {
    std::string bytes;
    for (const char* suffix : {"", "-wal", "-journal"}) {
      std::ifstream file(database.string() + suffix, std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    for (const auto& task : history_.tasks) {
      const bool is_purged = !task.steps.empty() && task.steps.back().kind == StepKind::purge &&
                             task.steps.back().span.was_acknowledged(crash_);
      if (is_purged && bytes.find(task.canary) != std::string::npos)
        broken(task, "was purged and its text is in the files");
    }
  }

  void repeat_accept(const KnownTask& task) {
    if (!task.request.idempotency || !task.request.webhook) return;  // some are enough
    auto request = task.request;
    request.task.ref.id = make_task_id(test_time(9000));
    request.task.client_id.reset();
    const auto outcome = complete(store_.accept(std::move(request)));
    const auto& seen = seen_[static_cast<std::size_t>(&task - history_.tasks.data())];
    if (!outcome) return broken(task, "cannot be repeated: " + outcome.error().message());
    if (!seen.present) {
      if (outcome->kind != store::AcceptKind::created)
        broken(task, "is not there, its idempotency key is");
    } else if (outcome->kind != store::AcceptKind::key_replayed ||
               outcome->task.ref.id != task.request.task.ref.id) {
      broken(task, "is there, its idempotency key is not");
    }
  }

  store::Store& store_;
  const StoreHistory& history_;
  const Moment crash_;
  CrashFindings found_;
  std::set<std::string> live_;
  std::vector<Seen> seen_;
  std::size_t present_ = 0;
};

}  // namespace

CrashFindings check_store(const std::filesystem::path& database,
                          const StoreHistory& history,
                          Moment crash) {
  CrashFindings found;
  store::SqliteOptions options;
  options.path = database.string();
  options.reader_threads = 1;
  {
    auto opened = store::open_sqlite(std::move(options));
    if (!opened) {
      found.broken.push_back("cannot be opened: " + opened.error().message());
      return found;
    }
    StoreCheck check(**opened, history, crash);
    found = check.run(database);
    (*opened)->close();
  }
  const auto integrity = check_integrity(database);
  if (integrity != "ok") found.broken.push_back("integrity_check: " + integrity);
  return found;
}

}  // namespace taskgate::crash

#include "crash/store_life.hpp"

#include "crash/store_calls.hpp"

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::crash {

namespace {

constexpr std::size_t kMostTasks = 16;
constexpr int kMostInFlight = 24;
constexpr TimePoint::duration kEndOfTime{1'000'000'000};

EventDraft draft_of(const KnownEvent& event) {
  EventDraft draft;
  draft.type = event.type;
  draft.at = test_time(1000);
  draft.data = event.data;
  return draft;
}

std::vector<EventDraft> drafts_of(const Step& step) {
  std::vector<EventDraft> drafts;
  for (const auto& event : step.events) drafts.push_back(draft_of(event));
  return drafts;
}

std::vector<KnownEvent> interruption_events(int attempt) {
  return {
      {EventType::output_reset, R"("reason":"interrupted")"},
      {EventType::task_retrying, R"("reason":"interrupted","attempt":)" + std::to_string(attempt)}};
}

}  // namespace

TaskStatus KnownTask::status_after(std::size_t count) const {
  auto status = TaskStatus::queued;
  for (std::size_t index = 0; index < count; ++index) {
    const auto kind = steps[index].kind;
    if (kind == StepKind::start) status = TaskStatus::running;
    if (kind == StepKind::requeue || kind == StepKind::interrupt) status = TaskStatus::queued;
    if (kind == StepKind::finish) status = TaskStatus::success;
  }
  return status;
}

int KnownTask::attempts_after(std::size_t count) const {
  const auto end = steps.begin() + static_cast<std::ptrdiff_t>(count);
  return static_cast<int>(std::count_if(
      steps.begin(), end, [](const Step& step) { return step.kind == StepKind::start; }));
}

std::vector<KnownEvent> KnownTask::log_after(std::size_t count) const {
  std::vector<KnownEvent> log;
  for (std::size_t index = 0; index < count; ++index)
    log.insert(log.end(), steps[index].events.begin(), steps[index].events.end());
  return log;
}

// One thread submits everything and hears of everything.
class StoreLife::Driver {
 public:
  Driver(StoreLife& life, std::uint64_t seed)
      : store_(life.store_), history_(life.history_), now_(life.now_), random_(seed) {}

  void live(int commands) {
    for (int made = 0; made < commands; ++made) {
      submit_something();
      if (in_flight_ >= kMostInFlight || below(4) == 0)
        settle();
      else
        context_.poll();
      context_.restart();
    }
    settle();
  }

 private:
  template <class Done>
  auto on_context(Done done) {
    return boost::asio::bind_executor(context_.get_executor(), std::move(done));
  }

  store::Handler<store::LogPosition> on_position(std::size_t number) {
    return on_context([this, number](Result<store::LogPosition> done) {
      step_done(number, done.has_value(), done ? Errc::storage : done.error().code());
    });
  }

  template <class T, class Done>
  void spawn(store::Awaitable<T> call, Done done) {
    boost::asio::co_spawn(context_, std::move(call),
                          [done = std::move(done)](std::exception_ptr failure, Result<T> result) {
                            rethrow(failure);
                            done(result);
                          });
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  void settle() {
    context_.restart();
    context_.run();  // what is in flight counts as work
    context_.restart();
  }

  void submit_something() {
    const auto dice = below(100);
    if (history_.tasks.empty() || (dice < 22 && history_.tasks.size() < kMostTasks))
      return submit_accept();
    if (dice < 84) return submit_step();
    if (dice < 94) return submit_delivery_attempt();
    if (dice < 97) return submit_key();
    submit_secret();
  }

  // --- tasks ----------------------------------------------------------------------------------

  std::string text_of(const KnownTask& task) {
    const auto size = below(12) == 0 ? 9000 + below(12000) : 20 + below(400);
    std::string text = "\"";
    while (text.size() < size) text += task.canary;
    return text + '"';
  }

  void submit_accept() {
    const auto number = history_.tasks.size();
    KnownTask task;
    task.canary = "CANARY-" + std::to_string(number) + ';';
    auto& request = task.request;
    request.task.ref.tenant = below(3) == 0 ? "bolt" : "acme";
    request.task.ref.id = make_task_id(test_time(static_cast<std::int64_t>(number)));
    request.task.created_at = test_time(static_cast<std::int64_t>(number));
    request.task.model = "sim/echo";
    if (below(6) == 0) request.task.client_id = "own-" + std::to_string(number);
    request.request_body = "{\"input\":" + text_of(task) + "}";
    if (below(2) == 0) {
      store::IdempotencyClaim claim;
      claim.route = "POST /tasks";
      claim.key = "key-" + std::to_string(number);
      claim.expires_at = test_time(0) + kEndOfTime;
      request.idempotency = claim;
    }
    if (below(2) == 0) {
      store::WebhookTarget target;
      target.url = "https://example.org/hook";
      target.event_mask = 1U << static_cast<unsigned>(EventType::task_success) |
                          1U << static_cast<unsigned>(EventType::task_queued);
      request.webhook = target;
    }
    Step step;
    step.kind = StepKind::accept;
    step.events.push_back({EventType::task_queued, R"("status":"queued")"});
    request.queued = draft_of(step.events.front());
    history_.tasks.push_back(std::move(task));
    send_accept(number, std::move(step));
  }

  // The disk refused it: nothing of it may be there.
  void submit_accept_again(std::size_t number) {
    Step step;
    step.kind = StepKind::accept;
    step.events.push_back({EventType::task_queued, R"("status":"queued")"});
    send_accept(number, std::move(step));
  }

  void send_accept(std::size_t number, Step step) {
    note_step(number, std::move(step));
    auto done = [this, number](Result<store::AcceptOutcome> outcome) {
      if (outcome && outcome->kind != store::AcceptKind::created)
        history_.contradictions.push_back("a new task was there already");
      step_done(number, outcome.has_value(), outcome ? Errc::storage : outcome.error().code());
    };
    store_.async_accept(history_.tasks[number].request, on_context(std::move(done)));
  }

  void submit_step() {
    const auto number = below(history_.tasks.size());
    auto& task = history_.tasks[number];
    if (task.in_flight > 0) return;
    if (task.steps.empty()) return submit_accept_again(number);
    const auto last = task.steps.back().kind;
    if (last == StepKind::purge) return;
    if (last == StepKind::finish) {
      return submit_purge(number);
    }
    if (below(12) == 0 && task.cancel.submitted == kNever) return submit_cancel(number);
    if (task.status_after(task.steps.size()) == TaskStatus::queued) {
      submit_start(number);
      if (below(2) == 0) submit_append(number);  // not waited for, as an attempt does it
      return;
    }
    const auto dice = below(10);
    if (dice < 4) return submit_append(number);
    if (dice < 5) return submit_requeue(number);
    submit_finish(number);
  }

  void submit_start(std::size_t number) {
    auto& task = history_.tasks[number];
    task.fence = (store_.generation() << 32) | ++history_.fences;
    Step step;
    step.kind = StepKind::start;
    step.events.push_back({EventType::task_running, R"("attempt":1)"});
    store::StartAttempt command;
    command.ref = task.request.task.ref;
    command.fence = task.fence;
    command.at = test_time(1000);
    command.events = drafts_of(step);
    note_step(number, std::move(step));
    store_.async_start(std::move(command), on_position(number));
  }

  void submit_append(std::size_t number) {
    auto& task = history_.tasks[number];
    Step step;
    step.kind = StepKind::append;
    for (auto count = 1 + below(3); count > 0; --count)
      step.events.push_back({EventType::output_delta, "\"delta\":" + text_of(task)});
    store::Append command;
    command.ref = task.request.task.ref;
    command.fence = task.fence;
    command.events = drafts_of(step);
    note_step(number, std::move(step));
    store_.async_append(std::move(command), on_position(number));
  }

  void submit_requeue(std::size_t number) {
    auto& task = history_.tasks[number];
    Step step;
    step.kind = StepKind::requeue;
    step.events.push_back({EventType::task_retrying, R"("reason":"rate_limited")"});
    store::Requeue command;
    command.ref = task.request.task.ref;
    command.fence = task.fence;
    command.not_before = test_time(2000);
    command.events = drafts_of(step);
    note_step(number, std::move(step));
    store_.async_requeue(std::move(command), on_position(number));
  }

  void submit_finish(std::size_t number) {
    auto& task = history_.tasks[number];
    Step step;
    step.kind = StepKind::finish;
    step.events.push_back({EventType::task_success, "\"task\":" + text_of(task)});
    store::Finish command;
    command.ref = task.request.task.ref;
    command.fence = task.fence;
    command.status = TaskStatus::success;
    command.at = test_time(3000);
    command.expires_at = test_time(0) + kEndOfTime;
    command.events = drafts_of(step);
    note_step(number, std::move(step));
    store_.async_finish(std::move(command), on_position(number));
  }

  void submit_purge(std::size_t number) {
    Step step;
    step.kind = StepKind::purge;
    note_step(number, std::move(step));
    spawn(store_.purge(history_.tasks[number].request.task.ref), [this, number](const auto& done) {
      step_done(number, done.has_value(), done ? Errc::storage : done.error().code());
    });
  }

  void submit_cancel(std::size_t number) {
    auto& task = history_.tasks[number];
    task.cancel.submitted = now_();
    ++task.in_flight;
    spawn(store_.request_cancel(task.request.task.ref), [this, number](const auto& done) {
      auto& asked = history_.tasks[number];
      --asked.in_flight;
      acknowledge(asked.cancel, done.has_value());
    });
  }

  void note_step(std::size_t number, Step step) {
    step.span.submitted = now_();
    ++history_.tasks[number].in_flight;
    ++in_flight_;
    history_.tasks[number].steps.push_back(std::move(step));
  }

  // Commands of a task complete in the order in which they were submitted.
  void step_done(std::size_t number, bool worked, Errc code) {
    auto& task = history_.tasks[number];
    --in_flight_;
    const auto place = task.steps.size() - static_cast<std::size_t>(task.in_flight--);
    auto& step = task.steps[place];
    if (worked) {
      acknowledge(step.span, true);
      return;
    }
    ++history_.refused;
    const bool follows_failure = task.failed_from < place;
    if (code != Errc::storage && !(follows_failure && code == Errc::conflict))
      history_.contradictions.push_back("a sound command was refused, code " +
                                        std::to_string(static_cast<int>(code)));
    task.failed_from = std::min(task.failed_from, place);
    if (task.in_flight > 0) return;
    task.steps.resize(task.failed_from);
    task.failed_from = KnownTask::kNone;
  }

  // --- the rest -------------------------------------------------------------------------------

  void submit_delivery_attempt() {
    const auto due = complete(store_.due_deliveries(test_time(0) + kEndOfTime, 64, {}));
    if (!due || due->empty()) return;
    const auto id = (*due)[below(due->size())].id;
    auto& known = history_.deliveries[id];
    if (!known.attempts.empty() && known.attempts.back().acknowledged == kNever) return;
    store::DeliveryAttempt attempt;
    attempt.delivery_id = id;
    attempt.at = test_time(4000);
    attempt.state = below(3) == 0 ? store::DeliveryState::pending : store::DeliveryState::delivered;
    if (attempt.state == store::DeliveryState::pending) attempt.next_attempt_at = test_time(5000);
    const bool delivers = attempt.state == store::DeliveryState::delivered;
    Span span;
    span.submitted = now_();
    known.attempts.push_back(span);
    spawn(store_.record_attempt(attempt), [this, id, delivers](const auto& done) {
      auto& tried = history_.deliveries[id];
      if (!done) {
        tried.attempts.pop_back();
        ++history_.refused;
        return;
      }
      acknowledge(tried.attempts.back(), true);
      tried.delivered = delivers;
    });
  }

  void submit_key() {
    const auto id = "key-" + std::to_string(history_.keys.size());
    store::ApiKey key;
    key.id = id;
    key.tenant = "acme";
    key.created_at = test_time(0);
    history_.keys[id].submitted = now_();
    spawn(store_.put_key(std::move(key)), [this, id](const auto& done) {
      acknowledge(history_.keys[id], done.has_value());
      if (!done) return;
      history_.revoked[id].submitted = now_();
      spawn(store_.revoke_key(id, test_time(5000)), [this, id](const auto& revoked) {
        acknowledge(history_.revoked[id], revoked.has_value());
      });
    });
  }

  void submit_secret() {
    const std::string tenant = below(2) == 0 ? "acme" : "bolt";
    spawn(store_.webhook_secrets(tenant), [this, tenant](const auto& secrets) {
      if (!secrets) return;
      for (const auto& secret : *secrets) {
        auto& span = history_.secrets[tenant + ' ' + secret];
        if (span.acknowledged == kNever) acknowledge(span, true);
      }
    });
  }

  void acknowledge(Span& span, bool worked) {
    if (!worked) {
      span = Span();
      ++history_.refused;
      return;
    }
    span.acknowledged = now_();
    ++history_.acknowledged;
  }

  store::Store& store_;
  StoreHistory& history_;
  const std::function<Moment()>& now_;
  std::mt19937_64 random_;
  boost::asio::io_context context_{1};
  int in_flight_ = 0;
};

StoreLife::StoreLife(store::Store& store,
                     StoreHistory& history,
                     std::function<Moment()> now,
                     std::uint64_t seed)
    : store_(store), history_(history), now_(std::move(now)), seed_(seed) {}

void StoreLife::recover() {
  const auto begun = now_();
  const auto live = store_.recover(test_time(6000));
  if (!live) {
    history_.contradictions.push_back("recovery failed: " + live.error().message());
    return;
  }
  for (auto& task : history_.tasks) {
    const auto count = task.steps.size();
    if (count == 0 || task.status_after(count) != TaskStatus::running) continue;
    Step step;
    step.kind = StepKind::interrupt;
    step.span.submitted = begun;
    step.span.acknowledged = now_();
    step.events = interruption_events(task.attempts_after(count));
    task.steps.push_back(std::move(step));
  }
}

void StoreLife::live(int commands) {
  Driver driver(*this, seed_);
  driver.live(commands);
}

}  // namespace taskgate::crash

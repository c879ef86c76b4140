#include "engine/delta_log.hpp"

#include "taskgate/core/json_text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kFullBytes = 256 * 1024;  // past it the upstream is no longer read
constexpr std::chrono::milliseconds kRest{
    500};                               // before text that the disk refused is offered again
constexpr double kProgressStep = 0.05;  // finer steps are not worth an event
constexpr std::size_t kMaxEventText = 64 * 1024;  // one event's text; readers take it in one piece

EventDraft delta_event(std::string_view text, TimePoint at) {
  EventDraft draft;
  draft.type = EventType::output_delta;
  draft.at = at;
  draft.data.reserve(text.size() + 48);
  draft.data = R"("delta":{"type":"text_delta","text":)";
  append_json_string(draft.data, text);
  draft.data += '}';
  return draft;
}

}  // namespace

struct DeltaLog::State : std::enable_shared_from_this<State> {
  State(
      store::Store& s, const Clock& c, TaskRef r, store::Fence f, std::shared_ptr<AttemptControl> a)
      : store(s),
        clock(c),
        ref(std::move(r)),
        fence(f),
        control(std::move(a)),
        drained(control->strand()),
        rest_timer(control->strand()) {}

  store::Store& store;
  const Clock& clock;
  const TaskRef ref;
  const store::Fence fence;
  const std::shared_ptr<AttemptControl> control;
  asio::steady_timer drained;
  asio::steady_timer rest_timer;

  std::string text;               // all of it that is not void
  std::string pending;            // not yet handed to the store
  std::vector<EventDraft> ahead;  // not yet handed to the store, before `pending`
  double progress = 0.0;
  double logged_progress = 0.0;
  std::vector<EventDraft> unsent;  // handed to the store and not yet acknowledged
  bool scheduled = false;          // a pump is posted
  bool in_flight = false;          // an append is being committed
  bool resting = false;            // the store could not write: waiting before the next try
  bool closed = false;
  bool failed = false;  // an append was refused for good

  void cut_pending(std::vector<EventDraft>& events) {
    const auto now = clock.now();
    std::string_view rest = pending;
    while (!rest.empty()) {
      const auto piece = complete_utf8_prefix(rest.substr(0, kMaxEventText));
      events.push_back(delta_event(rest.substr(0, piece), now));
      rest.remove_prefix(piece);
    }
    pending.clear();
  }

  void note(EventDraft event) {
    cut_pending(ahead);
    ahead.push_back(std::move(event));
    schedule();
  }

  bool is_idle() const { return !in_flight && !resting && unsent.empty() && !has_more(); }
  bool has_more() const { return !pending.empty() || !ahead.empty(); }

  std::vector<EventDraft> take() {
    auto events = std::exchange(ahead, {});
    const auto now = clock.now();
    cut_pending(events);
    if (progress - logged_progress >= kProgressStep && progress < 1.0) {
      EventDraft draft;
      draft.type = EventType::task_progress;
      draft.at = now;
      draft.data = R"("progress":)";
      append_json_number(draft.data, progress);
      events.push_back(std::move(draft));
      logged_progress = progress;
    }
    return events;
  }

  // Posted rather than run at once: whatever else this turn of the strand brings joins the same
  // append.
  void schedule() {
    if (scheduled || in_flight || resting || closed) return;
    scheduled = true;
    asio::post(control->strand(), [self = shared_from_this()] {
      self->scheduled = false;
      self->pump();
    });
  }

  void pump() {
    if (in_flight || resting || closed) return;
    if (unsent.empty()) unsent = take();
    if (unsent.empty()) return;
    store::Append append;
    append.events = unsent;  // a copy: what the disk refuses is offered again
    append.ref = ref;
    append.fence = fence;
    append.progress = logged_progress;
    in_flight = true;
    auto done = [self = shared_from_this()](Result<store::LogPosition> result) {
      self->appended(result);
    };
    store.async_append(std::move(append), asio::bind_executor(control->strand(), std::move(done)));
  }

  void appended(const Result<store::LogPosition>& result) {
    in_flight = false;
    if (result) {
      unsent.clear();
    } else if (result.error().code() == Errc::storage ||
               result.error().code() == Errc::overloaded) {
      rest();  // nothing was written, so the log has no hole: the answer goes on, the text waits
    } else {
      failed = true;  // the task is no longer this attempt's
      closed = true;
      control->stop_here(StopReason::storage);
    }
    drained.cancel();
    pump();
  }

  void rest() {
    resting = true;
    rest_timer.expires_after(kRest);
    auto again = [self = shared_from_this()](const boost::system::error_code&) {
      self->resting = false;
      self->drained.cancel();
      self->pump();
    };
    rest_timer.async_wait(asio::bind_executor(control->strand(), std::move(again)));
  }
};

DeltaLog::DeltaLog(store::Store& store,
                   const Clock& clock,
                   TaskRef ref,
                   store::Fence fence,
                   std::shared_ptr<AttemptControl> control)
    : state_(std::make_shared<State>(store, clock, std::move(ref), fence, std::move(control))) {}

void DeltaLog::on_delta(const providers::Delta& delta) {
  if (delta.kind != providers::Delta::Kind::text)
    return;  // reasoning is opt-in, and nobody has opted yet
  state_->text += delta.text;
  state_->pending += delta.text;
  state_->schedule();
}

void DeltaLog::on_progress(double fraction) {
  state_->progress = std::clamp(fraction, state_->progress, 1.0);
  if (state_->progress - state_->logged_progress >= kProgressStep) state_->schedule();
}

bool DeltaLog::full() const {
  return state_->pending.size() > kFullBytes;
}

asio::awaitable<void> DeltaLog::drained() {
  const auto state = state_;
  while (state->pending.size() > kFullBytes && (state->in_flight || state->resting)) {
    state->drained.expires_at(asio::steady_timer::time_point::max());
    auto [error] = co_await state->drained.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // an append ended, or the coroutine was cancelled: told apart below
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
}

void DeltaLog::note(EventDraft event) {
  state_->note(std::move(event));
}

void DeltaLog::start_over(std::string_view reason) {
  if (state_->text.empty()) return;
  EventDraft reset;
  reset.type = EventType::output_reset;
  reset.at = state_->clock.now();
  reset.data = R"("reason":)";
  append_json_string(reset.data, reason);
  state_->note(std::move(reset));
  state_->text.clear();
}

asio::awaitable<bool> DeltaLog::flush() {
  const auto state = state_;
  state->pump();
  while (!state->failed && !state->closed && !state->is_idle()) {
    state->drained.expires_at(asio::steady_timer::time_point::max());
    auto [error] = co_await state->drained.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // an append or a rest has ended, or the caller was cancelled
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return false;
  }
  co_return !state->failed && !state->closed;
}

asio::awaitable<bool> DeltaLog::settle() {
  const auto state = state_;
  state->closed = true;
  while (state->in_flight) {
    state->drained.expires_at(asio::steady_timer::time_point::max());
    auto [error] = co_await state->drained.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;  // cancelled by the append's completion
  }
  co_return !state->failed;
}

std::vector<EventDraft> DeltaLog::take_rest() {
  state_->closed = true;
  state_->rest_timer.cancel();
  auto events = std::exchange(state_->unsent, {});
  for (auto& event : state_->take()) events.push_back(std::move(event));
  return events;
}

bool DeltaLog::wrote_text() const {
  return !state_->text.empty();
}

const std::string& DeltaLog::text() const {
  return state_->text;
}

}  // namespace taskgate::engine

#include "providers/simulated.hpp"

#include "providers/simulated_agent.hpp"
#include "providers/simulated_model.hpp"
#include "providers/upstream_error.hpp"
#include "taskgate/runtime/timeout.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace taskgate::providers {

namespace asio = boost::asio;
using runtime::SteadyClock;
using runtime::SteadyTime;

namespace {

constexpr std::int64_t kYieldEvery = 256;  // tokens

Failure sim_failure(FailureClass failure_class, int status, std::string code) {
  Failure failure;
  failure.failure_class = failure_class;
  failure.http_status = status;
  failure.message = "the simulator was asked to fail: " + code;
  failure.code = std::move(code);
  return failure;
}

// The failures that come before any text.
std::optional<Failure> early_failure(const SimModel& model, int attempt, SimRandom& random) {
  if (model.kind == SimKind::flaky) {
    double draw = 0;
    for (int i = 0; i < std::clamp(attempt, 1, 1000); ++i) draw = random.next_fraction();
    if (draw >= model.failure_probability) return std::nullopt;
    return sim_failure(class_of_status(model.failure_status), model.failure_status, "flaky");
  }
  if (model.kind != SimKind::error) return std::nullopt;
  switch (model.error) {
    case SimError::context_length:
      return sim_failure(FailureClass::caller, 400, "context_length_exceeded");
    case SimError::rate_limit: {
      Failure failure = sim_failure(FailureClass::rate, 429, "rate_limit_exceeded");
      failure.retry_after = std::chrono::seconds(1);
      return failure;
    }
    case SimError::overloaded:
      return sim_failure(FailureClass::overload, 503, "server_is_overloaded");
    case SimError::server_error:
      return sim_failure(FailureClass::server, 500, "server_error");
    case SimError::timeout:
      return sim_failure(FailureClass::timeout, 0, "timeout");
    default:
      return std::nullopt;
  }
}

// The part of the text that comes out before a simulated cut: half, no character cut.
std::string_view first_half(std::string_view text) noexcept {
  std::size_t end = text.size() / 2;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::int64_t input_words(const ModelRequest& request) {
  std::int64_t words = count_words(request.instructions);
  for (const Message& message : request.messages) {
    for (const ContentPart& part : message.content) words += count_words(part.text);
  }
  return words;
}

}  // namespace

// Named, not anonymous: it is in the frame of a coroutine that others can name.
namespace simulation {

// Streams words at the model's pace. Lives in the frame that awaits run().
class WordStream {
 public:
  WordStream(const SimModel& model, DeltaSink& sink) : model_(model), sink_(sink) {}

  asio::awaitable<void> run(std::string_view text, std::int64_t limit) {
    const SteadyTime start = SteadyClock::now();
    begin_ = start + model_.first_token;
    if (model_.first_token.count() > 0) co_await runtime::sleep_until(begin_);
    first_token_ =
        std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start);
    const std::int64_t total = std::min(count_words(text), limit);
    while (words_ < total) {
      const std::string_view word = take_word(text);
      ++words_;
      Delta delta;
      delta.text = word;
      sink_.on_delta(delta);
      sent_ += word.size();
      report(total);
      if (sink_.full()) co_await sink_.drained();
      if (must_pace()) co_await pace();  // for most words there is no frame to pay for
    }
  }

  std::int64_t words() const noexcept { return words_; }
  std::size_t bytes() const noexcept { return sent_; }
  std::chrono::milliseconds first_token() const noexcept { return first_token_; }

 private:
  bool must_pace() const noexcept {
    return model_.tokens_per_second > 0 || words_ % kYieldEvery == 0;
  }

  asio::awaitable<void> pace() {
    if (model_.tokens_per_second > 0) {
      const std::chrono::duration<double> since(static_cast<double>(words_) /
                                                model_.tokens_per_second);
      const SteadyTime due = begin_ + std::chrono::duration_cast<runtime::SteadyDuration>(since);
      if (due > SteadyClock::now()) co_await runtime::sleep_until(due);
    } else {
      const auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
    }
  }

  void report(std::int64_t total) {
    if (total < 10 || words_ == total || words_ * 10 / total <= tenths_) return;
    tenths_ = words_ * 10 / total;
    sink_.on_progress(static_cast<double>(words_) / static_cast<double>(total));
  }

  const SimModel& model_;
  DeltaSink& sink_;
  SteadyTime begin_{};
  std::chrono::milliseconds first_token_{0};
  std::int64_t words_ = 0;
  std::size_t sent_ = 0;
  std::int64_t tenths_ = 0;
};

}  // namespace simulation

namespace {

bool is_cut_short(const SimModel& model) noexcept {
  return model.kind == SimKind::error &&
         (model.error == SimError::stream_cut || model.error == SimError::truncated ||
          model.error == SimError::content_filter);
}

void set_reason(ModelTurn& turn, FinishReason reason) {
  turn.finish_reason = reason;
  turn.raw_finish_reason = to_string(reason);
}

}  // namespace

// What the scripted agent says, at the model's pace.
asio::awaitable<TurnOutcome> Simulated::play_agent(const SimModel& model,
                                                   const ModelRequest& request,
                                                   DeltaSink& sink) {
  SimRandom random(request);
  auto played = sim_agent_turn(model, request, random);
  if (const auto* fault = std::get_if<std::string>(&played)) {
    Failure failed = sim_failure(FailureClass::caller, 400, "script_invalid");
    failed.message = "the simulated agent cannot play its script: " + *fault;
    co_return failed;
  }
  ModelTurn turn = std::move(std::get<ModelTurn>(played));
  const std::string text = turn.text;
  simulation::WordStream words(model, sink);
  co_await words.run(text, request.max_output_tokens.value_or(1 << 30));
  if (turn.text.size() > words.bytes() && count_words(text) > words.words()) {
    turn.text.resize(words.bytes());
    turn.finish_reason = FinishReason::length;
  }
  turn.served_model = request.model;
  turn.fingerprint = "sim-1";
  turn.saw_terminal = true;
  turn.first_token = words.first_token();
  turn.usage.reported = true;
  turn.usage.input_tokens = input_words(request);
  turn.usage.output_tokens = words.words();
  for (const auto& call : turn.tool_calls) {
    turn.usage.output_tokens += 1 + count_words(call.arguments);
  }
  set_reason(turn, turn.finish_reason);
  co_return turn;
}

asio::awaitable<TurnOutcome> Simulated::stream(ModelRequest request, DeltaSink& sink) {
  const auto model = parse_sim_model(request.model);
  if (!model) co_return sim_failure(FailureClass::caller, 404, "model_not_found");
  if (model->kind == SimKind::tools) co_return co_await play_agent(*model, request, sink);
  SimRandom random(request);
  if (auto failed = early_failure(*model, request.attempt, random)) co_return std::move(*failed);

  ModelTurn turn;
  turn.served_model = request.model;
  turn.fingerprint = "sim-1";
  turn.saw_terminal = true;
  turn.usage.reported = true;
  turn.usage.input_tokens = input_words(request);
  set_reason(turn, FinishReason::stop);
  if (model->kind == SimKind::error && model->error == SimError::refusal) {
    turn.refusal = "I cannot help with that.";
    turn.usage.output_tokens = count_words(turn.refusal);
    set_reason(turn, FinishReason::refusal);
    co_return turn;
  }

  const std::string text = sim_text(*model, request, random);
  const std::string_view given = is_cut_short(*model) ? first_half(text) : std::string_view(text);
  simulation::WordStream words(*model, sink);
  const std::int64_t limit = request.max_output_tokens.value_or(1 << 30);
  co_await words.run(given, limit);
  turn.usage.output_tokens = words.words();
  if (model->kind == SimKind::error && model->error == SimError::stream_cut) {
    Failure failed = sim_failure(FailureClass::stream_cut, 200, "stream_cut");
    failed.usage = turn.usage;
    co_return failed;
  }
  turn.text = given.substr(0, words.bytes());
  turn.first_token = words.first_token();
  if (is_cut_short(*model)) {
    const bool filtered = model->error == SimError::content_filter;
    set_reason(turn, filtered ? FinishReason::content_filter : FinishReason::length);
  } else if (count_words(given) > words.words()) {
    set_reason(turn, FinishReason::length);
  }
  co_return turn;
}

}  // namespace taskgate::providers

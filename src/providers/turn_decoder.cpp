#include "providers/turn_decoder.hpp"

#include "providers/json_cursor.hpp"

#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxAnswerBytes = 32U << 20;

bool is_blank_text(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

Failure answer_failure(FailureClass failure_class, std::string message) {
  Failure failure;
  failure.failure_class = failure_class;
  failure.message = std::move(message);
  failure.http_status = 200;
  return failure;
}

void TurnDecoder::on_event(const net::SseEvent& event) {
  if (saw_terminal_ || malformed_ || is_blank_text(event.data)) return;
  if (error_) {
    take_after_error(event.data);
    return;
  }
  if (take_event(event)) {
    any_event_ = true;
  } else if (!event.unterminated) {
    // A chunk cut off by the end of the stream is a cut, not nonsense.
    fail("an event of the stream is not valid JSON");
  }
}

void TurnDecoder::on_whole_body(std::string_view body) {
  if (take_whole(body)) {
    any_event_ = true;
  } else {
    fail("the answer is not valid JSON");
  }
  saw_terminal_ = true;
}

void TurnDecoder::fail(std::string why) {
  if (malformed_) return;
  malformed_ = true;
  why_malformed_ = std::move(why);
}

void TurnDecoder::take_after_error(std::string_view) {}

void TurnDecoder::take_error(std::string_view json) {
  error_ = errors_.read(0, json);
  if (error_->message.empty() && error_->code.empty()) error_->message = json.substr(0, 2000);
}

void TurnDecoder::take_text(std::string_view raw, Delta::Kind kind) {
  if (raw.empty()) return;
  TextStitcher& stitcher = kind == Delta::Kind::text ? text_ : reasoning_;
  if (raw.find('\\') == std::string_view::npos) {
    emit(kind, stitcher.push(raw));
    return;
  }
  scratch_.clear();
  append_unescaped(scratch_, raw);
  emit(kind, stitcher.push(scratch_));
}

void TurnDecoder::take_refusal(std::string_view raw) {
  if (raw.empty()) return;
  append_unescaped(refusal_, raw);
  has_output_ = true;
  spend(raw.size());
}

void TurnDecoder::emit(Delta::Kind kind, std::string_view text) {
  if (text.empty()) return;
  has_output_ = true;
  spend(text.size());
  (kind == Delta::Kind::text ? turn_.text : turn_.reasoning).append(text);
  Delta delta;
  delta.kind = kind;
  delta.text = text;
  sink_.on_delta(delta);
}

void TurnDecoder::flush() {
  emit(Delta::Kind::reasoning, reasoning_.finish());
  emit(Delta::Kind::text, text_.finish());
}

void TurnDecoder::spend(std::size_t bytes) {
  kept_ += bytes;
  if (kept_ > kMaxAnswerBytes) fail("the answer is larger than 32 MiB");
}

TurnOutcome TurnDecoder::finish(std::optional<Failure> broken) {
  flush();
  turn_.saw_terminal = saw_terminal_ || (!has_marker() && ended());
  turn_.refusal += to_valid_utf8(refusal_);
  assemble();
  if (auto failed = failure(std::move(broken))) {
    failed->usage = turn_.usage;
    failed->request_id = turn_.request_id;
    return std::move(*failed);
  }
  turn_.finish_reason = finish_reason();
  return std::move(turn_);
}

std::optional<Failure> TurnDecoder::failure(std::optional<Failure> broken) const {
  if (error_) {
    Failure failed = answer_failure(classify(*error_, errors_), error_->message);
    if (error_->status != 0) failed.http_status = error_->status;
    failed.code = error_->code.empty() ? error_->type : error_->code;
    failed.retry_after = error_->retry_after;
    return failed;
  }
  if (malformed_) return answer_failure(FailureClass::malformed, why_malformed_);
  if (!ended()) {
    if (broken) return broken;
    if (!any_event_) return answer_failure(FailureClass::malformed, "the answer was empty");
    return answer_failure(FailureClass::stream_cut, "the stream ended before the answer did");
  }
  return judge();
}

// Upstreams say "stop" with tool calls in hand (and nothing at all with them): their presence
// decides, unless the answer was cut short, when the last call may be half a call.
FinishReason TurnDecoder::finish_reason() const {
  const FinishReason raw = reason();
  if (raw == FinishReason::length || raw == FinishReason::content_filter ||
      raw == FinishReason::refusal) {
    return raw;
  }
  if (!turn_.tool_calls.empty()) return FinishReason::tool_calls;
  if (!turn_.refusal.empty()) return FinishReason::refusal;
  return raw;
}

}  // namespace taskgate::providers

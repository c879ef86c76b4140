#pragma once
// What reading an answer is in every protocol: events or one whole body in, deltas and one outcome
// out. A protocol says what its events mean; here is what follows from it: characters joined over
// cuts, the bound on an answer's size, and which outcome wins (an error that the upstream reported,
// nonsense, a cut, the turn). Pure.

#include "providers/text_stitcher.hpp"
#include "providers/upstream_error.hpp"
#include "taskgate/net/sse.hpp"
#include "taskgate/providers/provider.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::providers {

/// Decodes one answer. Feed it events or one whole body, then call finish() once.
class TurnDecoder : public net::SseVisitor {
 public:
  /// `sink` and `errors` outlive it.
  TurnDecoder(DeltaSink& sink, const ErrorTable& errors) : sink_(sink), errors_(errors) {}

  void on_event(const net::SseEvent& event) final;
  /// A whole answer or error document instead of a stream.
  void on_whole_body(std::string_view body);
  /// What came is beyond repair, e.g. a line past every limit. The first reason stays.
  void fail(std::string why);

  /// The end marker or an error came: nothing that follows matters.
  bool done() const noexcept { return saw_terminal_ || error_ || malformed_; }
  bool saw_terminal() const noexcept { return saw_terminal_; }
  /// Something of the answer itself came (text, reasoning, a tool call).
  bool has_output() const noexcept { return has_output_; }
  /// The upstream's own error object, if it sent one.
  const UpstreamError* upstream_error() const { return error_ ? &*error_ : nullptr; }

  /// How the transport ended: nullopt at the proper end of the body, else what broke it. A turn
  /// whose own end came (its finish reason) is complete either way.
  TurnOutcome finish(std::optional<Failure> broken);

 protected:
  /// Takes one event's data. False: it is not JSON of this protocol.
  virtual bool take_event(const net::SseEvent& event) = 0;
  virtual bool take_whole(std::string_view body) = 0;
  /// What came after an error in the same piece: for its usage alone.
  virtual void take_after_error(std::string_view data);
  /// Everything came: puts tool calls, native parts and the like into turn().
  virtual void assemble() = 0;
  /// Whether the answer itself came to its end, end marker or not.
  virtual bool ended() const = 0;
  /// Whether the protocol has an end marker beyond the answer's own end.
  virtual bool has_marker() const { return true; }
  /// Why an answer that came to its end is none after all.
  virtual std::optional<Failure> judge() const = 0;
  /// The raw reason, normalised, before what the turn holds is looked at.
  virtual FinishReason reason() const = 0;

  ModelTurn& turn() noexcept { return turn_; }
  const ModelTurn& turn() const noexcept { return turn_; }
  /// A JSON string's inside, escapes as written. Deltas never hold a cut character.
  void take_text(std::string_view raw, Delta::Kind kind);
  void take_refusal(std::string_view raw);
  void take_error(std::string_view json);
  void mark_terminal() noexcept { saw_terminal_ = true; }
  void mark_output() noexcept { has_output_ = true; }
  /// So many bytes of the answer are kept; past 32 MiB it fails.
  void spend(std::size_t bytes);

 private:
  void emit(Delta::Kind kind, std::string_view text);
  void flush();
  std::optional<Failure> failure(std::optional<Failure> broken) const;
  FinishReason finish_reason() const;

  DeltaSink& sink_;
  const ErrorTable& errors_;
  ModelTurn turn_;
  TextStitcher text_;
  TextStitcher reasoning_;
  std::string scratch_;
  std::string refusal_;  // unstitched
  std::size_t kept_ = 0;
  bool any_event_ = false;
  bool has_output_ = false;
  bool saw_terminal_ = false;
  bool malformed_ = false;
  std::string why_malformed_;
  std::optional<UpstreamError> error_;
};

/// A failure of an answer that came with status 200.
Failure answer_failure(FailureClass failure_class, std::string message);

}  // namespace taskgate::providers

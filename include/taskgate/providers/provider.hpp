#pragma once
// What a model upstream looks like to the engine: one request in, deltas while it runs, one
// normalised turn (or one typed failure) out. Nothing of any provider's wire format shows here.

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::providers {

/// A part of a message. Text, or a part kept as JSON and sent as it is (e.g. an image reference in
/// the form of the provider that it is for).
struct ContentPart {
  std::string text;
  std::string json;  ///< empty for text; else the part as the client wrote it
};

/// A tool call that a model asked for.
struct ToolCall {
  std::string id;  ///< the provider's call id; may be empty
  std::string name;
  std::string arguments;  ///< JSON text exactly as the model wrote it; may be cut or malformed
};

/// What one protocol wants back verbatim in the next turn and nobody else understands: signed
/// thinking blocks, encrypted reasoning items, thought signatures.
struct NativeParts {
  std::string protocol;  ///< the only protocol that they are sent to; empty: there are none
  std::string json;      ///< in that protocol's own form
};

struct Message {
  std::string role;  ///< "system", "user", "assistant", "tool"
  std::vector<ContentPart> content;
  std::vector<ToolCall> tool_calls;  ///< of an assistant
  std::string tool_call_id;          ///< of a tool's answer
  NativeParts native;                ///< of an assistant; see message_of()
};

/// A tool that a model may ask for.
struct ToolSpec {
  std::string name;
  std::string description;  ///< may be empty
  std::string parameters;   ///< JSON Schema text of the arguments; empty: it takes none
};

/// Whether a model must, may or must not call a tool.
struct ToolChoice {
  enum class Kind { automatic, none, required, named };
  Kind kind = Kind::automatic;
  std::string name;      ///< of Kind::named
  bool parallel = true;  ///< false: at most one call a turn, where the protocol can say so
};

/// How much a model thinks before it answers.
struct ReasoningSettings {
  enum class Effort { minimal, low, medium, high };
  std::optional<Effort> effort;
  std::optional<int> budget_tokens;  ///< wins over effort where the protocol counts in tokens
  bool is_set() const noexcept { return effort || budget_tokens; }
};

/// One model turn to be made.
struct ModelRequest {
  std::string model;         ///< without the provider's prefix
  std::string instructions;  ///< may be empty
  std::vector<Message> messages;
  std::string output_schema;  ///< JSON Schema text; empty: none
  std::optional<int> max_output_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> seed;
  std::vector<std::string> stop;  ///< texts that end the answer
  std::optional<int>
      top_logprobs;  ///< set: log probabilities are asked for, with 0..20 rivals each
  ReasoningSettings reasoning;
  std::vector<ToolSpec> tools;
  ToolChoice tool_choice;
  std::string task_id;  ///< for the upstream's logs and for the simulator's seed
  int attempt = 1;      ///< from 1
};

/// A piece of a turn as it arrives.
struct Delta {
  enum class Kind { text, reasoning };
  Kind kind = Kind::text;
  std::string_view text;  ///< valid UTF-8, never a cut sequence; valid only during the call
};

/// Takes deltas. Called on the attempt's executor; on_delta never blocks. When full() the provider
/// stops reading from its upstream and awaits drained().
class DeltaSink {
 public:
  virtual ~DeltaSink() = default;
  virtual void on_delta(const Delta& delta) = 0;
  /// 0..1 when the provider can tell (the simulator can); else never called.
  virtual void on_progress(double fraction) = 0;
  virtual bool full() const = 0;
  virtual boost::asio::awaitable<void> drained() = 0;
};

/// Why a model stopped, normalised.
enum class FinishReason { stop, length, tool_calls, content_filter, refusal, unknown };
const char* to_string(FinishReason reason) noexcept;

/// Tokens of a turn. input_tokens and output_tokens are whole sums, whatever a provider counts
/// beside them (caches at Anthropic, thoughts at Gemini and xAI).
struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_input_tokens = 0;       ///< of input_tokens: read from a cache
  std::int64_t cache_write_input_tokens = 0;  ///< of input_tokens: written to a cache
  std::int64_t reasoning_tokens = 0;          ///< of output_tokens
  bool reported = false;  ///< false: the upstream said nothing, the numbers are zero
};

/// A token of the answer and how likely it was.
struct TokenLogprob {
  std::string token;  ///< its bytes; may be a part of a character
  double logprob = 0;
  std::vector<std::pair<std::string, double>> rivals;  ///< tokens that could have stood there
};

/// One limit that an upstream reported in its header fields.
struct RateLimit {
  std::string name;  ///< "requests", "tokens", "input-tokens", "output-tokens"
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<std::chrono::milliseconds> reset;  ///< from the answer's arrival, at most a day
};

/// What an exchange's time went into: how long each step of connecting took (unset on a reused
/// connection, DNS also for a numeric address), then when the first byte, the first token and the
/// end came, from the request's start.
struct TurnTimings {
  std::optional<std::chrono::microseconds> dns;
  std::optional<std::chrono::microseconds> connect;
  std::optional<std::chrono::microseconds> tls;
  std::optional<std::chrono::microseconds> first_byte;
  std::optional<std::chrono::microseconds> first_token;
  std::optional<std::chrono::microseconds> total;
};

/// A finished turn.
struct ModelTurn {
  std::string text;
  std::string reasoning;
  std::string refusal;  ///< the provider's own refusal field
  std::vector<ToolCall> tool_calls;
  FinishReason finish_reason = FinishReason::unknown;
  std::string raw_finish_reason;
  std::string finish_message;  ///< what the provider said of it, may be empty
  bool saw_terminal = false;   ///< the protocol's own end marker arrived
  Usage usage;
  std::string served_model;
  std::string fingerprint;
  std::string request_id;
  std::vector<TokenLogprob> logprobs;  ///< of the text, where asked for and given
  NativeParts native;                  ///< for the next turn; see message_of()
  std::vector<RateLimit> rate_limits;
  TurnTimings timings;
  std::optional<std::chrono::milliseconds> first_token;  ///< from the request's start
  /// Settings of the request that this protocol or model does not know, e.g. "seed".
  std::vector<std::string> ignored;
};

/// The assistant's message that a next turn begins with.
Message message_of(const ModelTurn& turn);

/// How a turn failed, by what may be done about it.
enum class FailureClass {
  rate,        ///< too many requests: wait, then retry
  quota,       ///< no money: never retry
  overload,    ///< the provider is overloaded: back off, retry
  server,      ///< the provider failed: retry
  caller,      ///< our request was refused: never retry
  connect,     ///< no connection: retry
  stream_cut,  ///< the stream broke off before its end: retry the whole turn
  malformed,   ///< the answer was not of its protocol: retry
  timeout,     ///< a deadline passed: retry while the task's own deadline allows
  cancelled    ///< stopped on request
};
const char* to_string(FailureClass failure) noexcept;

struct Failure {
  FailureClass failure_class = FailureClass::server;
  std::string message;  ///< for the client; credentials removed
  int http_status = 0;  ///< 0: none
  std::string code;     ///< the provider's own error code, may be empty
  std::string request_id;
  std::optional<std::chrono::milliseconds> retry_after;
  std::optional<bool> should_retry;  ///< the upstream's own word (x-should-retry)
  Usage usage;                       ///< what the failed attempt is known to have consumed
  std::vector<RateLimit> rate_limits;
  TurnTimings timings;
  /// Never for quota and cancelled; else the upstream's word, else by class.
  bool retryable() const noexcept;
};

/// Exactly one of the two is set. Not an aggregate (see core/result.hpp).
class TurnOutcome {
 public:
  TurnOutcome(ModelTurn turn) : turn_(std::move(turn)) {}         // NOLINT: implicit on purpose
  TurnOutcome(Failure failure) : failure_(std::move(failure)) {}  // NOLINT: implicit on purpose
  const ModelTurn* turn() const { return turn_ ? &*turn_ : nullptr; }
  ModelTurn* turn() { return turn_ ? &*turn_ : nullptr; }
  const Failure* failure() const { return failure_ ? &*failure_ : nullptr; }

 private:
  std::optional<ModelTurn> turn_;
  std::optional<Failure> failure_;
};

/// A model upstream. Thread-safe: many turns at once.
class Provider {
 public:
  virtual ~Provider() = default;
  /// Runs one turn. Never throws for what an upstream does. Honours Asio's per-operation
  /// cancellation (terminal) by closing its socket and throwing
  /// boost::system::system_error(operation_aborted). `sink` outlives the call.
  virtual boost::asio::awaitable<TurnOutcome> stream(ModelRequest request, DeltaSink& sink) = 0;
};

/// The configured upstreams by the prefix of a model's name: "openai/gpt-…" → provider "openai".
class Registry {
 public:
  virtual ~Registry() = default;
  struct Target {
    Provider* provider = nullptr;
    std::string model;  ///< the rest after the prefix
  };
  /// nullopt when no provider has that prefix, or the simulator does not know that model.
  virtual std::optional<Target> find(std::string_view model) const = 0;
  /// Prefixes configured, sorted; for messages ("unknown model; configured: …") and /models.
  virtual std::vector<std::string> names() const = 0;
};

}  // namespace taskgate::providers

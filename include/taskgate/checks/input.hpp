#pragma once
// What the checks are given: the parts of the request and of the model's turn that they look at, in
// plain types. The engine fills it; the checks know neither providers nor the task's row.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::checks {

/// Why the model stopped, as the provider normalised it.
enum class Finish : std::uint8_t { stop, length, tool_calls, content_filter, refusal, unknown };

/// A tool that the task may use.
struct ToolSpec {
  enum class Effect : std::uint8_t { read, write };
  std::string name;
  std::vector<std::string> parameters;  ///< names of its top-level arguments
  bool parameters_known = false;        ///< false: arguments are not looked at
  Effect effect = Effect::read;
};

/// A tool call that the model made.
struct CalledTool {
  std::string name;
  std::string arguments;  ///< JSON text as the model wrote it; may be cut
};

/// The values that one place of the answer may hold ("the catalogue").
struct Catalogue {
  std::string path;  ///< JSON pointer; a segment `*` stands for any array index or member
  std::vector<std::string> values;
};

/// A token with its logarithmic probability (natural logarithm, <= 0).
struct TokenLogprob {
  std::string text;
  double logprob = 0;
};

/// The request's parts.
struct Asked {
  std::string output_schema;         ///< JSON Schema text; empty: prose was asked for
  std::string prompt;                ///< what the client wrote (input and instructions as text)
  std::vector<std::string> context;  ///< documents that the answer must rest on
  bool grounded = false;             ///< `context` was given, even if empty
  std::vector<std::string> sources;  ///< what else the model saw: tool results
  std::vector<ToolSpec> tools;
  std::vector<Catalogue> catalogues;
  std::optional<std::int64_t> max_output_tokens;
  bool logprobs = false;  ///< the tokens' probabilities were asked for
};

/// The model's turn.
struct Answered {
  std::string text;
  std::string refusal;  ///< the provider's own refusal field
  Finish finish = Finish::unknown;
  std::string raw_finish_reason;
  bool saw_terminal = true;  ///< the protocol's own end marker arrived
  std::vector<CalledTool> tool_calls;
  std::optional<std::int64_t> output_tokens;  ///< as the provider counted them
  std::vector<TokenLogprob> logprobs;         ///< of `text`; empty: none were returned
  std::vector<std::string> other_samples;     ///< the texts of the other samples
  int step = 1;
};

struct CheckInput {
  Asked asked;
  Answered answered;
};

}  // namespace taskgate::checks

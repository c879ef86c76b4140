// The end of a decoded answer: its calls, its parts for the next turn, why it stopped.
#include "providers/gemini/decoder.hpp"
#include "providers/json_values.hpp"
#include "providers/text_stitcher.hpp"
#include "taskgate/core/json_text.hpp"

#include <iterator>
#include <utility>

namespace taskgate::providers {
namespace {

enum class Meaning { stop, length, filtered, failed, refused_by_us, unknown };

Meaning meaning_of(std::string_view raw) noexcept {
  struct Entry {
    std::string_view name;
    Meaning meaning;
  };
  constexpr Entry kMeanings[] = {
      {"STOP", Meaning::stop},
      {"MAX_TOKENS", Meaning::length},
      {"SAFETY", Meaning::filtered},
      {"RECITATION", Meaning::filtered},
      {"LANGUAGE", Meaning::filtered},
      {"BLOCKLIST", Meaning::filtered},
      {"PROHIBITED_CONTENT", Meaning::filtered},
      {"SPII", Meaning::filtered},
      {"MODEL_ARMOR", Meaning::filtered},
      {"IMAGE_SAFETY", Meaning::filtered},
      {"IMAGE_PROHIBITED_CONTENT", Meaning::filtered},
      {"IMAGE_RECITATION", Meaning::filtered},
      {"MALFORMED_FUNCTION_CALL", Meaning::failed},
      {"MALFORMED_RESPONSE", Meaning::failed},
      {"UNEXPECTED_TOOL_CALL", Meaning::failed},
      {"TOO_MANY_TOOL_CALLS", Meaning::failed},
      {"MISSING_THOUGHT_SIGNATURE", Meaning::refused_by_us},
  };
  for (const Entry& entry : kMeanings) {
    if (entry.name == raw) return entry.meaning;
  }
  return Meaning::unknown;
}

std::string because(const ModelTurn& turn) {
  std::string text = "the upstream ended the answer with " + turn.raw_finish_reason;
  if (!turn.finish_message.empty()) text += ": " + turn.finish_message;
  return text;
}

void append_call(std::string& out, const ToolCall& call, bool own_id, std::string_view signature) {
  out += R"({"functionCall":{)";
  if (!own_id) {
    append_json_key(out, "id");
    append_json_string(out, call.id);
  }
  append_json_key(out, "name");
  append_json_string(out, call.name);
  append_json_key(out, "args");
  out += call.arguments;
  out += '}';
  if (!signature.empty()) {
    append_json_key(out, "thoughtSignature");
    out += signature;
  }
  out += '}';
}

}  // namespace

void GeminiDecoder::assemble() {
  assemble_calls();
  std::string parts = native_parts();
  if (parts.empty()) return;
  turn().native.protocol = "gemini";
  turn().native.json = std::move(parts);
}

void GeminiDecoder::assemble_calls() {
  std::size_t number = 0;
  for (const Call& call : calls_) {
    ToolCall made;
    made.name = call.name;
    made.id = call.id;
    if (made.id.empty()) {
      made.id = std::string(kOwnCallId) + std::to_string(++number) + '-' + turn().request_id;
    }
    made.arguments = call.args.empty() ? "{}" : to_valid_utf8(call.args);
    if (!call.partial.empty()) {
      if (auto built = call.partial.json()) {
        made.arguments = std::move(*built);
      } else {
        fail("a tool call's partial arguments contradict each other");
      }
    }
    turn().tool_calls.push_back(std::move(made));
  }
}

// The parts in the order in which they came; empty when there is nothing to send back.
std::string GeminiDecoder::native_parts() const {
  std::string out = "[";
  std::size_t call = 0;
  for (std::size_t at = 0; at < parts_.size(); ++at) {
    const Part& part = parts_[at];
    if (out.size() > 1) out += ',';
    if (call < calls_.size() && calls_[call].part == at) {
      append_call(out, turn().tool_calls[call], calls_[call].id.empty(), part.signature);
      ++call;
    } else if (!part.json.empty()) {
      out += part.json;
    } else {
      out += '{';
      append_json_key(out, "text");
      append_json_string(out, to_valid_utf8(part.text));
      if (part.thought) out += R"(,"thought":true)";
      out += '}';
    }
  }
  return out.size() > 1 ? out + ']' : std::string();
}

bool GeminiDecoder::ended() const {
  return saw_terminal() || !turn().raw_finish_reason.empty();
}

std::optional<Failure> GeminiDecoder::judge() const {
  if (blocked_) return std::nullopt;
  const std::string& raw = turn().raw_finish_reason;
  const Meaning meaning = meaning_of(raw);
  if (meaning == Meaning::failed) return answer_failure(FailureClass::malformed, because(turn()));
  if (meaning == Meaning::refused_by_us) {
    return answer_failure(FailureClass::caller, because(turn()));
  }
  if (meaning != Meaning::unknown || has_output()) return std::nullopt;
  if (raw.empty()) return answer_failure(FailureClass::malformed, "the answer held no content");
  return answer_failure(FailureClass::server, because(turn()));  // OTHER, with nothing to show
}

FinishReason GeminiDecoder::reason() const {
  if (blocked_) return FinishReason::content_filter;
  switch (meaning_of(turn().raw_finish_reason)) {
    case Meaning::stop:
      return FinishReason::stop;
    case Meaning::length:
      return FinishReason::length;
    case Meaning::filtered:
      return FinishReason::content_filter;
    case Meaning::failed:
    case Meaning::refused_by_us:
    case Meaning::unknown:
      break;
  }
  return FinishReason::unknown;
}

}  // namespace taskgate::providers

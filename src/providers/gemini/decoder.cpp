#include "providers/gemini/decoder.hpp"

#include "providers/gemini/errors.hpp"
#include "providers/json_values.hpp"

#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxCalls = 128;

bool is_true(std::string_view value) noexcept {
  return value == "true";
}

}  // namespace

GeminiDecoder::GeminiDecoder(DeltaSink& sink) : TurnDecoder(sink, gemini_errors()) {}

bool GeminiDecoder::take_event(const net::SseEvent& event) {
  return take_response(event.data);
}

// One response, or the array of them that comes without alt=sse.
bool GeminiDecoder::take_whole(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || body[begin] != '[') return take_response(body);
  bool fine = true;
  JsonCursor cursor(body);
  const bool whole = cursor.array([&] {
    const std::string_view element = cursor.value();
    if (!done()) fine = take_response(element) && fine;
  });
  return whole && fine && cursor.at_end();
}

bool GeminiDecoder::take_response(std::string_view json) {
  constexpr std::array<std::string_view, 6> kNames{
      "candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId", "error"};
  const auto found = members(json, kNames);
  if (!found) return false;
  const auto& [candidates, feedback, usage, model, id, error] = *found;
  if (!is_null_or_absent(error)) {
    take_error(json);
    return true;
  }
  if (candidates.empty() && feedback.empty() && usage.empty() && model.empty() && id.empty()) {
    return false;  // some other JSON
  }
  assign_text(turn().served_model, model);
  assign_text(turn().request_id, id);
  take_usage(usage);
  take_feedback(feedback);
  JsonCursor cursor(candidates);
  cursor.array([&] { take_candidate(cursor.value()); });
  return true;
}

void GeminiDecoder::take_candidate(std::string_view candidate) {
  constexpr std::array<std::string_view, 5> kNames{"index", "content", "finishReason",
                                                   "finishMessage", "logprobsResult"};
  const auto found = members(candidate, kNames);
  if (!found) return;
  const auto& [index, content, reason, message, logprobs] = *found;
  if (raw_integer(index).value_or(0) != 0) return;  // one answer is asked for
  JsonCursor cursor(member(content, "parts"));
  cursor.array([&] { take_part(cursor.value()); });
  take_logprobs(logprobs);
  assign_text(turn().raw_finish_reason, reason);
  assign_text(turn().finish_message, message);
}

void GeminiDecoder::take_part(std::string_view part) {
  constexpr std::array<std::string_view, 4> kNames{"text", "thought", "thoughtSignature",
                                                   "functionCall"};
  const auto found = members(part, kNames);
  if (!found) return;
  const auto& [text, thought, signature, call] = *found;
  if (!call.empty() && call.front() == '{') {
    take_call(call, part);
    return;
  }
  const auto raw = raw_string(text);
  if (raw) take_text(*raw, is_true(thought) ? Delta::Kind::reasoning : Delta::Kind::text);
  if (raw && signature.empty()) {
    keep_text(*raw, is_true(thought));
  } else {
    keep_part(part);  // signed, or something else than text: as it is
  }
}

// Calls come whole, or begun by their name and then leaf by leaf until one part does not say
// willContinue; that last part may be missing.
void GeminiDecoder::take_call(std::string_view call, std::string_view part) {
  constexpr std::array<std::string_view, 5> kNames{"name", "id", "args", "partialArgs",
                                                   "willContinue"};
  const auto found = members(call, kNames);
  if (!found) return;
  const auto& [name, id, args, partial, goes_on] = *found;
  const std::string named = text_value(name);
  if (!named.empty()) {
    if (calls_.size() >= kMaxCalls) {
      fail("the answer holds more tool calls than can be kept");
      return;
    }
    calls_.emplace_back();
    calls_.back().name = named;
    calls_.back().part = parts_.size();
    parts_.emplace_back();
    parts_.back().signature = member(part, "thoughtSignature");
    call_open_ = true;
    mark_output();
  }
  if (!call_open_) {
    if (!is_null_or_absent(partial)) fail("arguments came for a tool call that never began");
    return;
  }
  Call& last = calls_.back();
  assign_text(last.id, id);
  if (!is_null_or_absent(args)) last.args = args;
  if (!is_null_or_absent(partial) && !last.partial.take(partial)) {
    fail("a tool call's partial arguments are malformed");
  }
  spend(call.size());
  call_open_ = is_true(goes_on);
}

void GeminiDecoder::keep_text(std::string_view raw, bool thought) {
  if (raw.empty()) return;
  const bool goes_on = !parts_.empty() && !parts_.back().text.empty() &&
                       parts_.back().json.empty() && parts_.back().thought == thought;
  if (!goes_on) {
    parts_.emplace_back();
    parts_.back().thought = thought;
  }
  append_unescaped(parts_.back().text, raw);
  spend(raw.size());
}

void GeminiDecoder::keep_part(std::string_view part) {
  spend(part.size());
  parts_.emplace_back();
  parts_.back().json = part;
}

void GeminiDecoder::take_feedback(std::string_view feedback) {
  const std::string blocked = text_value(member(feedback, "blockReason"));
  if (blocked.empty() || blocked == "BLOCKED_REASON_UNSPECIFIED") return;
  blocked_ = true;
  turn().raw_finish_reason = blocked;
  assign_text(turn().finish_message, member(feedback, "blockReasonMessage"));
}

// Every report is of the whole answer so far; a count that is left out keeps its value.
void GeminiDecoder::take_usage(std::string_view value) {
  constexpr std::array<std::string_view, 5> kNames{"promptTokenCount", "toolUsePromptTokenCount",
                                                   "cachedContentTokenCount",
                                                   "candidatesTokenCount", "thoughtsTokenCount"};
  if (is_null_or_absent(value)) return;
  const auto found = members(value, kNames);
  if (!found) return;
  const auto& [prompt, tool_prompt, cached, candidates, thoughts] = *found;
  if (prompt.empty() && candidates.empty() && thoughts.empty()) return;  // trafficType alone
  Usage& usage = turn().usage;
  const std::int64_t answered =
      candidates.empty() ? usage.output_tokens - usage.reasoning_tokens : count_value(candidates);
  if (!prompt.empty()) usage.input_tokens = count_value(prompt) + count_value(tool_prompt);
  if (!cached.empty()) usage.cached_input_tokens = count_value(cached);
  if (!thoughts.empty()) usage.reasoning_tokens = count_value(thoughts);
  usage.output_tokens = answered + usage.reasoning_tokens;
  usage.reported = true;
}

void GeminiDecoder::take_logprobs(std::string_view result) {
  constexpr std::array<std::string_view, 2> kNames{"token", "logProbability"};
  if (is_null_or_absent(result)) return;
  std::vector<TokenLogprob> chosen;
  JsonCursor tokens(member(result, "chosenCandidates"));
  tokens.array([&] {
    const auto found = members(tokens.value(), kNames);
    if (!found) return;
    chosen.emplace_back();
    chosen.back().token = text_value((*found)[0]);
    chosen.back().logprob = number_value((*found)[1]).value_or(0);
  });
  std::size_t at = 0;
  JsonCursor steps(member(result, "topCandidates"));
  steps.array([&] {
    JsonCursor rivals(member(steps.value(), "candidates"));
    if (at >= chosen.size()) return;
    TokenLogprob& one = chosen[at++];
    rivals.array([&] {
      const auto found = members(rivals.value(), kNames);
      if (!found) return;
      one.rivals.emplace_back(text_value((*found)[0]), number_value((*found)[1]).value_or(0));
    });
  });
  spend(result.size());
  for (TokenLogprob& one : chosen) turn().logprobs.push_back(std::move(one));
}

}  // namespace taskgate::providers

#include "engine/flow/route.hpp"

#include "taskgate/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::engine {

using providers::Failure;
using providers::FailureClass;

namespace {

// More input than this model takes. OpenAI has a code for it; Anthropic and Gemini only say so.
bool is_too_long(const Failure& failure) {
  if (failure.code == "context_length_exceeded") return true;
  constexpr std::array<std::string_view, 3> kPhrases{
      "prompt is too long", "exceeds the maximum number of tokens", "maximum context length"};
  return std::any_of(kPhrases.begin(), kPhrases.end(), [&](std::string_view phrase) {
    return failure.message.find(phrase) != std::string::npos;
  });
}

}  // namespace

bool may_fall_back(const Failure& failure) {
  switch (failure.failure_class) {
    case FailureClass::cancelled:
      return false;
    case FailureClass::caller:
      break;
    default:
      return true;
  }
  // 401, 403: this provider's key. 404: it has no such model. 413: too long for it.
  const int status = failure.http_status;
  return status == 401 || status == 403 || status == 404 || status == 413 ||
         failure.code == "model_not_found" || is_too_long(failure);
}

Route::Route(std::string primary, std::vector<std::string> fallbacks) {
  legs_.reserve(1 + fallbacks.size());
  legs_.push_back({std::move(primary), 0, {}});
  for (auto& model : fallbacks) legs_.push_back({std::move(model), 0, {}});
}

Route::Next Route::after_failure(std::size_t index, const Failure& failure, int max_attempts) {
  Leg& leg = legs_[index];
  ++leg.attempts;
  leg.outcome = providers::to_string(failure.failure_class);
  const bool has_next = index + 1 < legs_.size();
  const bool waits_long = failure.retry_after && *failure.retry_after > kWorthWaiting;
  if (failure.retryable() && leg.attempts < max_attempts && !(has_next && waits_long))
    return Next::same_model;
  if (!may_fall_back(failure)) return Next::end;
  current_ = std::max(current_, index + 1);
  if (current_ < legs_.size()) return Next::next_model;
  current_ = legs_.size() - 1;
  return Next::end;
}

bool Route::after_unusable(std::size_t index) {
  if (index + 1 >= legs_.size()) return false;
  ++legs_[index].attempts;
  legs_[index].outcome = kUnusable;
  current_ = std::max(current_, index + 1);
  return true;
}

std::vector<std::string> Route::behind(std::size_t index) const {
  std::vector<std::string> models;
  for (std::size_t i = index + 1; i < legs_.size(); ++i) models.push_back(legs_[i].model);
  return models;
}

void Route::note_passed_over(std::size_t index) {
  for (std::size_t i = current_; i < index; ++i) {
    if (legs_[i].outcome.empty()) legs_[i].outcome = "passed_over";
  }
}

void Route::note_answer(std::size_t index) {
  ++legs_[index].attempts;
  legs_[index].outcome = "answered";
}

void Route::replay(std::string_view retrying) {
  std::string text = "{";
  text.append(retrying).append("}");
  const auto event = nlohmann::json::parse(text, nullptr, false);
  if (!event.is_object()) return;
  const auto find = [&](const char* key) {
    const auto name = event.find(key);
    return std::find_if(legs_.begin(), legs_.end(), [&](const Leg& leg) {
      return name != event.end() && name->is_string() && *name == leg.model;
    });
  };
  if (const auto leg = find("model"); leg != legs_.end()) {
    ++leg->attempts;
    const auto reason = event.find("reason");
    if (reason != event.end() && reason->is_string()) leg->outcome = reason->get<std::string>();
  }
  if (const auto leg = find("next_model"); leg != legs_.end()) {
    current_ = static_cast<std::size_t>(leg - legs_.begin());
  }
}

std::string Route::path() const {
  std::string out = "[";
  for (const auto& leg : legs_) {
    if (leg.outcome.empty()) continue;
    if (out.size() > 1) out += ',';
    out += R"({"model":)";
    append_json_string(out, leg.model);
    append_json_key(out, "attempts");
    append_json_number(out, static_cast<std::int64_t>(leg.attempts));
    append_json_key(out, "outcome");
    append_json_string(out, leg.outcome);
    out += '}';
  }
  out += ']';
  return out;
}

}  // namespace taskgate::engine

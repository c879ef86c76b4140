#pragma once
// The phrases by which models refuse, as RE2 patterns over normalised text (straight apostrophes,
// single spaces; matched without regard to case). Data, not code: refusal.cpp says how they are
// used. Note that RE2's \b knows ASCII letters only.

#include <cstdint>
#include <string>
#include <vector>

namespace taskgate::checks {

/// Bytes that one compiled rule and its caches may take; past it RE2 goes on more slowly.
inline constexpr std::int64_t kRuleMemory = 2 << 20;

/// Openings that are refusals, to be matched at the beginning of the answer.
std::vector<std::string> refusal_openings();
/// What, after such an opening, shows that something was delivered, that something is missing from
/// the input, or that the speaker is not the model.
std::vector<std::string> signs_of_an_answer();
/// Weaker signs, anywhere.
std::vector<std::string> refusal_hints();

/// Idioms that look like an opening: "I can't help but …".
extern const char* const kRefusalIdiom;
/// Tasks whose subject may be a refusal: translations, letters, stories.
extern const char* const kRenderingTask;
/// Fields of a JSON answer that hold the answer itself.
extern const char* const kAnswerKey;

}  // namespace taskgate::checks

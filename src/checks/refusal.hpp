#pragma once
// Whether the model refused: `refusal`. The protocol's own fields are exact. Text rules set a
// status only when the whole answer is, with high precision, a refusal; weaker signs are `info`.
//
// Languages of the rules: English, German, French, Spanish, Portuguese, Chinese, Japanese, Russian.
// Their precision and recall on labelled cases stand in docs/quality.md.

#include "checks/answer.hpp"

#include <cstdint>
#include <string_view>

namespace taskgate::checks {

/// How sure the text rules are.
enum class RefusalSign : std::uint8_t { none, suspected, certain };

/// The rules on one text. `prompt` is what the client asked: a task of translating, quoting or
/// rephrasing makes a refusal in the answer its subject, so it is only suspected.
RefusalSign refusal_in_text(std::string_view text, std::string_view prompt);

/// True when the protocol itself says that the model refused.
bool is_protocol_refusal(const CheckInput& input);

/// Appends what it saw.
void check_refusal(const Answer& answer, Findings& findings);

}  // namespace taskgate::checks

#pragma once
// One entry of a task's `errors`: what is wrong with an answer or with the way to it, and what may
// help.

#include <optional>
#include <string>

namespace taskgate::engine {

/// Names as the API spells them.
struct Finding {
  std::string type;                      ///< "truncation", "refusal", "provider_error" …
  std::string message;                   ///< for the client
  std::string severity;                  ///< "info", "warning", "error", "critical"
  std::string recovery;                  ///< "none", "retry", "retry_later" …
  std::string source;                    ///< "model", "provider", "tool", "gateway", "client"
  std::string evidence;                  ///< may be empty
  std::string params = "{}";             ///< of the recovery; a JSON object
  std::optional<std::string> path = {};  ///< JSON pointer into the answer; "" is its root
  std::optional<std::string> schema_path = {};  ///< "#/…" into the output_schema
  int step = 1;                                 ///< index of the model step that it is about
  bool repaired = false;                        ///< a repair that was applied has undone it
};

}  // namespace taskgate::engine

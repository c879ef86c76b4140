#pragma once
// An answer to what a waiting task asks (`required_input`), after validation.

#include <string>

namespace taskgate::engine {

struct TaskInput {
  enum class Kind {
    approve,  ///< send the call
    deny,     ///< do not; `reason` is told to the model
    edit,     ///< send it with other `arguments`
    resolve   ///< whether the call was executed, and with what `result`
  };
  Kind kind = Kind::approve;
  std::string key;        ///< of the call
  std::string reason;     ///< of deny; may be empty
  std::string arguments;  ///< of edit: JSON text of an object
  bool executed = false;  ///< of resolve
  std::string result;     ///< of resolve: JSON text; empty: none
};

}  // namespace taskgate::engine

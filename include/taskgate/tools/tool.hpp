#pragma once
// A tool as the agent loop sees it: one call in, one outcome out, and nothing in between is hidden.
// A tool sends a call at most once; whether it may be sent again is the caller's decision, from the
// outcome and the definition.

#include "taskgate/core/result.hpp"
#include "taskgate/tools/definition.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace taskgate::tools {

/// One call, ready to be sent. Not an aggregate: it is made beside co_await (GCC PR 107288).
struct ToolCallRequest {
  ToolCallRequest() = default;
  std::string key;        ///< call_key(): goes downstream with writes
  std::string arguments;  ///< JSON text that check_arguments() found valid; an object
  std::string task_id;    ///< public id, for the downstream's logs
  std::string tenant;
  std::int64_t number = 0;  ///< of this call in its task, from 1
  ContractPtr contract;     ///< under which the arguments were checked; null: the newest
  /// Asked on the caller's executor right before the first byte of the call is written, and before
  /// that where it spares work. "No": see ToolOutcome::not_sent. Empty: always yes.
  std::function<bool()> may_send;
};

/// What a call came to.
struct ToolOutcome {
  ToolOutcome() = default;
  enum class State {
    succeeded,        ///< the tool answered; `is_error` says whether it did what was asked
    failed_definite,  ///< nothing can have happened; of a read: it gave no answer
    unknown           ///< it may have happened; never of a read
  };
  State state = State::unknown;
  std::string result;      ///< text or JSON for the model, valid UTF-8; may be empty
  bool not_sent = false;   ///< of failed_definite: held back by may_send, as if never called
  bool is_error = false;   ///< the tool says that it failed, and `result` says why
  std::string evidence;    ///< what the state rests on: "HTTP 422", "connection refused"
  int http_status = 0;     ///< 0: none
  bool retryable = false;  ///< of failed_definite: the same call may succeed later
  std::optional<std::chrono::milliseconds> retry_after;  ///< the downstream's own wish
  bool cut = false;                                      ///< `result` was cut, and ends with a note
};
const char* to_string(ToolOutcome::State state) noexcept;

/// What the downstream knows of a key.
struct Reconciled {
  Reconciled() = default;
  enum class State { executed, not_executed, unknown };
  State state = State::unknown;
  std::string result;    ///< of executed: what it answered then, as far as it says
  std::string evidence;  ///< "HTTP 404"
  bool cut = false;
};
const char* to_string(Reconciled::State state) noexcept;

/// Threads: any, many calls at once; a call runs on its caller's executor (a strand or of a
/// single-threaded context). Calls never throw for what a downstream does, and throw
/// boost::system::system_error(operation_aborted) when the caller is cancelled: what a write that
/// was cut short so has done is unknown.
class Tool {
 public:
  virtual ~Tool() = default;
  /// The configured name. Fixed.
  virtual const std::string& name() const = 0;
  /// The newest definition known; null while none is (an MCP server that was never reached). Does
  /// not wait.
  virtual ContractPtr contract() const = 0;
  /// Makes the definition known and reasonably fresh: returns at once but for tools of a server
  /// that has to be asked. Errors: Errc::upstream_unavailable, Errc::timeout (the server),
  /// Errc::not_found (it does not offer this tool), Errc::unprocessable (its schema cannot be
  /// used). Not an error while an older definition is at hand.
  virtual boost::asio::awaitable<Result<ContractPtr>> ready() = 0;
  /// Sends the call, once.
  virtual boost::asio::awaitable<ToolOutcome> call(ToolCallRequest request) = 0;
  /// Asks what became of a key. `unknown` where the tool cannot be asked.
  virtual boost::asio::awaitable<Reconciled> reconcile(std::string key) = 0;
};

}  // namespace taskgate::tools

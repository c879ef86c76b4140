#pragma once
// The error vocabulary of the whole program: a small closed set of codes, one Error class,
// Result<T>.
//
// Used by every layer. It does not know HTTP: api/problem.cpp holds the one table from Errc to
// status codes.

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace taskgate {

/// What went wrong, as far as a caller can act on it.
enum class Errc {
  invalid_argument = 1,  ///< malformed input: the caller must change it
  unauthenticated,       ///< no valid credentials
  forbidden,             ///< valid credentials without the scope
  not_found,             ///< absent, or another tenant's: the two are never told apart
  conflict,              ///< the id is taken by another body, or the state does not allow it
  gone,                  ///< purged: it existed, its content does not
  too_large,             ///< over a size bound
  unprocessable,         ///< well formed, but its meaning is refused
  rate_limited,          ///< the tenant's limit; see Error::retry_after
  overloaded,            ///< the server's limit; see Error::retry_after
  timeout,               ///< a deadline passed
  cancelled,             ///< stopped on request
  upstream_rejected,     ///< the upstream answered and said no
  upstream_unavailable,  ///< the upstream could not be reached, or broke off
  storage,               ///< the disk or database failed; nothing was acknowledged
  internal               ///< a bug
};

/// The name as it appears in logs and problem documents, e.g. "not_found".
const char* to_string(Errc code) noexcept;

/// An error that a client may see. Not an aggregate on purpose (g++ 12 destroys aggregate
/// temporaries twice next to co_await: GCC PR 107288).
class [[nodiscard]] Error {
 public:
  /// What boost::system::result::error() answers when there is none.
  Error() : code_(Errc::internal) {}
  /// `message` is for the client: lower case, says what to do, no secrets, no trailing period.
  Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

  /// Adds what only the log may say. Returns *this.
  Error& with_detail(std::string for_logs_only) {
    detail_ = std::move(for_logs_only);
    return *this;
  }
  /// How long the caller should wait before it tries again. Returns *this.
  Error& with_retry_after(std::chrono::milliseconds delay) {
    retry_after_ = delay;
    return *this;
  }

  Errc code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& detail() const noexcept { return detail_; }
  std::optional<std::chrono::milliseconds> retry_after() const noexcept { return retry_after_; }

 private:
  Errc code_;
  std::string message_;
  std::string detail_;
  std::optional<std::chrono::milliseconds> retry_after_;
};

/// Found by boost::system::result::value() when it holds an error.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

/// A value or an Error. Never dropped silently.
template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace taskgate

#include "taskgate/core/result.hpp"

#include <stdexcept>

namespace taskgate {

const char* to_string(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::unauthenticated:
      return "unauthenticated";
    case Errc::forbidden:
      return "forbidden";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::gone:
      return "gone";
    case Errc::too_large:
      return "too_large";
    case Errc::unprocessable:
      return "unprocessable";
    case Errc::rate_limited:
      return "rate_limited";
    case Errc::overloaded:
      return "overloaded";
    case Errc::timeout:
      return "timeout";
    case Errc::cancelled:
      return "cancelled";
    case Errc::upstream_rejected:
      return "upstream_rejected";
    case Errc::upstream_unavailable:
      return "upstream_unavailable";
    case Errc::storage:
      return "storage";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(std::string(to_string(error.code())) + ": " + error.message());
}

}  // namespace taskgate

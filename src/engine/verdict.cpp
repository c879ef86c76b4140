#include "engine/verdict.hpp"

namespace taskgate::engine {

using providers::FailureClass;

Finding describe(const providers::Failure& failure) {
  Finding finding{"provider_error", failure.message, "error", "retry_later", "provider", ""};
  switch (failure.failure_class) {
    case FailureClass::rate:
      finding.type = "rate_limited";
      break;
    case FailureClass::quota:
      finding.recovery = "human_review";
      break;
    case FailureClass::caller:
      finding.recovery = "none";
      break;
    case FailureClass::timeout:
      finding.type = "provider_timeout";
      break;
    case FailureClass::malformed:
    case FailureClass::stream_cut:
      finding.recovery = "retry";
      break;
    case FailureClass::cancelled:
      finding = {"cancelled", failure.message, "error", "none", "client", ""};
      break;
    case FailureClass::overload:
    case FailureClass::server:
    case FailureClass::connect:
      break;
  }
  if (failure.http_status != 0) finding.evidence = "HTTP " + std::to_string(failure.http_status);
  if (!failure.code.empty())
    finding.evidence += (finding.evidence.empty() ? "" : ", ") + ("code " + failure.code);
  return finding;
}

}  // namespace taskgate::engine

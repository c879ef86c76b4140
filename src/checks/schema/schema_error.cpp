#include "taskgate/checks/schema.hpp"
#include "taskgate/core/result.hpp"

#include <stdexcept>

namespace taskgate::checks {

const char* to_string(SchemaErrorKind kind) noexcept {
  switch (kind) {
    case SchemaErrorKind::invalid:
      return "schema_invalid";
    case SchemaErrorKind::unresolved_reference:
      return "schema_unresolved_reference";
    case SchemaErrorKind::unsupported_dialect:
      return "schema_unsupported_dialect";
    case SchemaErrorKind::unsupported_pattern:
      return "schema_unsupported_pattern";
    case SchemaErrorKind::too_large:
      return "schema_too_large";
  }
  return "schema_invalid";
}

const char* to_string(ValidationVerdict verdict) noexcept {
  switch (verdict) {
    case ValidationVerdict::valid:
      return "valid";
    case ValidationVerdict::invalid:
      return "invalid";
    case ValidationVerdict::too_deep:
      return "document_too_deep";
    case ValidationVerdict::too_expensive:
      return "schema_too_expensive";
  }
  return "invalid";
}

SchemaErrorKind SchemaError::kind() const noexcept {
  return faults_.empty() ? SchemaErrorKind::invalid : faults_.front().kind;
}

std::string SchemaError::message() const {
  if (faults_.empty()) return to_string(SchemaErrorKind::invalid);
  const SchemaFault& first = faults_.front();
  std::string out = to_string(first.kind);
  if (!first.path.empty()) out += " at " + first.path;
  return out + ": " + first.message;
}

Error SchemaError::to_error() const {
  const bool large = kind() == SchemaErrorKind::too_large;
  return Error(large ? Errc::too_large : Errc::unprocessable, message());
}

void throw_exception_from_error(const SchemaError& error, const boost::source_location&) {
  throw std::logic_error("a refused schema was used: " + error.message());
}

std::string Violation::message() const {
  return (instance_path.empty() ? "the document" : instance_path) + ": expected " + expected +
         ", got " + got;
}

}  // namespace taskgate::checks

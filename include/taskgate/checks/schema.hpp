#pragma once
// JSON Schema, compiled once and then asked often: draft 2020-12 and draft 7.
//
// Used where a task brings an `output_schema` and where answers are checked. It never fetches
// anything: a reference must lead into the schema itself, into a schema that was handed in with it,
// or to a metaschema of the standard. It never throws for bad input, and bounds what a hostile
// schema or document can cost.
//
// What it does not do: insert defaults, coerce types, assert `content*`.

#include <boost/system/result.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate {
class Error;
}

namespace taskgate::checks {

namespace schema {
struct Program;
}

enum class SchemaDraft : std::uint8_t { draft_7, draft_2020_12 };

/// Whether `format` is checked. Either way a metaschema with the format-assertion vocabulary turns
/// the check on.
enum class FormatMode : std::uint8_t {
  annotation,  ///< no: the standard's default
  assertion    ///< yes, for the formats that are known
};

/// A schema that references may lead to, under the URI by which it is known.
struct KnownSchema {
  std::string uri;   ///< absolute, without fragment
  std::string text;  ///< parsed only when something refers to it
};

/// What a schema may cost to compile. Past any of these: SchemaErrorKind::too_large.
struct SchemaLimits {
  std::size_t max_bytes = 256U << 10;      ///< of the text, and of each known schema that is used
  std::size_t max_depth = 128;             ///< nested arrays and objects
  std::size_t max_subschemas = 10'000;     ///< in all documents that it reaches
  std::size_t max_patterns = 500;          ///< distinct regular expressions
  std::size_t pattern_memory = 16U << 20;  ///< bytes that all of them together may take
};

struct SchemaOptions {
  SchemaDraft default_draft = SchemaDraft::draft_2020_12;  ///< without `$schema`
  FormatMode format = FormatMode::annotation;
  std::vector<KnownSchema> known;
  SchemaLimits limits;
};

/// Why a schema cannot be used.
enum class SchemaErrorKind : std::uint8_t {
  invalid,               ///< no JSON, or not what the metaschema allows
  unresolved_reference,  ///< a `$ref` that leads out of what is known
  unsupported_dialect,   ///< `$schema` or a required vocabulary that is not known
  unsupported_pattern,   ///< a regular expression that linear time cannot match
  too_large,             ///< over a limit of SchemaLimits
};

/// "schema_invalid", "schema_unresolved_reference" and so on.
const char* to_string(SchemaErrorKind kind) noexcept;

/// One fault of a schema.
struct SchemaFault {
  SchemaErrorKind kind = SchemaErrorKind::invalid;
  std::string path;     ///< JSON pointer into the schema
  std::string message;  ///< for the client: lower case, no trailing period
};

/// All faults of a schema that was refused, up to 20; there is at least one.
class [[nodiscard]] SchemaError {
 public:
  SchemaError() = default;
  explicit SchemaError(std::vector<SchemaFault> faults) : faults_(std::move(faults)) {}

  SchemaErrorKind kind() const noexcept;
  const std::vector<SchemaFault>& faults() const noexcept { return faults_; }
  /// The first fault in one line: "schema_invalid at /properties/a/minimum: must be a number".
  std::string message() const;
  /// As Errc::unprocessable, or Errc::too_large.
  Error to_error() const;

 private:
  std::vector<SchemaFault> faults_;
};

/// Found by boost::system::result::value() when it holds an error.
[[noreturn]] void throw_exception_from_error(const SchemaError& error,
                                             const boost::source_location& where);

template <class T>
using SchemaResult = boost::system::result<T, SchemaError>;

/// One way in which a document breaks its schema. Paths and names are cut at 1 KiB, with "…".
struct Violation {
  std::string instance_path;  ///< JSON pointer into the document
  std::string schema_path;    ///< JSON pointer of the keyword; after "URI#" in another document
  std::string keyword;        ///< e.g. "minimum"; of a `false` schema: the keyword that holds it
  std::string property;       ///< the name that is missing or too many; empty for other keywords
  std::string expected;       ///< e.g. "at least 3 items"
  std::string got;            ///< e.g. "2 items", or the value itself, cut at 120 bytes

  /// "/items/2/price: expected a number that is at least 0, got -1".
  std::string message() const;
};

enum class ValidationVerdict : std::uint8_t {
  valid,
  invalid,
  too_deep,      ///< the document is nested too deeply; nothing is said about it
  too_expensive  ///< the step budget ran out; nothing is said about it
};

/// "valid", "invalid", "document_too_deep", "schema_too_expensive".
const char* to_string(ValidationVerdict verdict) noexcept;

struct ValidationOptions {
  std::size_t max_violations = 50;  ///< 0: only the verdict, 1: stops at the first
  std::size_t max_depth = 128;      ///< of the document's arrays and objects; at most 256
  std::int64_t max_steps =
      1'000'000;  ///< about 10 ns each, and 8 more for each value in the document
};

struct ValidationOutcome {
  ValidationVerdict verdict = ValidationVerdict::valid;
  std::vector<Violation> violations;  ///< not empty if invalid, unless max_violations was 0
  bool has_more = false;              ///< more violations than were asked for
  std::int64_t steps = 0;             ///< what the verdict took

  bool is_valid() const noexcept { return verdict == ValidationVerdict::valid; }
};

/// A subschema that may apply at a place of a document.
struct AppliedSchema {
  const nlohmann::json* schema = nullptr;  ///< lives as long as the CompiledSchema
  std::string schema_path;                 ///< as in Violation
  bool conditional = false;  ///< stands in an anyOf, oneOf, if/then/else or dependency
};

/// A property that the schema names at a place of a document.
struct KnownProperty {
  std::string name;
  bool required = false;  ///< by a schema that applies in any case
};

/// An immutable compiled schema. Cheap to copy; safe from any thread.
class CompiledSchema {
 public:
  explicit CompiledSchema(std::shared_ptr<const schema::Program> program);

  /// Checks a document. Numbers are those that nlohmann/json holds: an integer beyond 64 bits has
  /// become a double.
  ValidationOutcome validate(const nlohmann::json& instance,
                             const ValidationOptions& options) const;
  /// The same with default options.
  ValidationOutcome validate(const nlohmann::json& instance) const;

  /// The subschemas that may apply at `instance_path` (a JSON pointer), whatever the document
  /// holds: references are followed, every branch of anyOf and its like is taken. `not` is left
  /// out. At most 256; empty when the pointer is malformed or nothing is said about the place.
  std::vector<AppliedSchema> schemas_at(std::string_view instance_path) const;

  /// The names under `properties` and `required` of schemas_at(), sorted, each once.
  std::vector<KnownProperty> properties_at(std::string_view instance_path) const;

  SchemaDraft draft() const noexcept;
  /// About what it takes in memory, patterns left out.
  std::size_t bytes() const noexcept;

 private:
  std::shared_ptr<const schema::Program> program_;
};

/// Compiles the text of a schema. Everything that is wrong with it is reported, up to 20 faults.
SchemaResult<CompiledSchema> compile_schema(std::string_view text, const SchemaOptions& options);
SchemaResult<CompiledSchema> compile_schema(std::string_view text);

}  // namespace taskgate::checks

#pragma once
// A JSON document with comments that remembers where everything stands, for files that people
// write. Finds as many faults in one pass as it can. Not for requests: those go through
// core/json_guard and the library's own parser.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::app {

/// A stretch of the text, in bytes.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct SyntaxFault {
  Span span;
  std::string pointer;
  std::string message;
  std::string hint;
};

struct JsonDocument {
  nlohmann::json root;
  std::map<std::string, Span> values;  ///< by JSON pointer
  std::map<std::string, Span> keys;    ///< of object members, by their value's pointer
  std::vector<SyntaxFault> faults;
  bool complete = false;  ///< false: reading broke off at the last fault; `root` is not to be used
};

/// RFC 8259 plus // and /* */ comments. Double keys (the first is kept), trailing and missing
/// commas are faults that reading survives; nesting deeper than 32 is one that it does not.
JsonDocument parse_json_document(std::string_view text);

/// `pointer` and one more step, escaped as RFC 6901 §3 has it.
std::string pointer_child(const std::string& pointer, std::string_view key);

struct LineColumn {
  std::size_t line = 1;
  std::size_t column = 1;      ///< in characters
  std::string_view line_text;  ///< without its newline
  std::size_t line_begin = 0;  ///< in bytes
};

/// Where byte `offset` of `text` stands.
LineColumn locate(std::string_view text, std::size_t offset);

/// Number of characters (code points) in UTF-8 text.
std::size_t count_characters(std::string_view text);

}  // namespace taskgate::app

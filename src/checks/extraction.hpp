#pragma once
// Finds the JSON in an answer: bare, in a code fence, or inside prose. Exact or not at all: when
// two candidates could be meant, none is.

#include "taskgate/checks/json_scanner.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::checks {

enum class Wrapping : std::uint8_t { bare, fence, prose };

struct Extraction {
  ScanState state = ScanState::empty;  ///< open: cut; invalid: no JSON was found
  Wrapping wrapping = Wrapping::bare;
  std::string_view json;              ///< what was found; empty when invalid
  std::size_t begin = 0;              ///< offset of `json` in the answer
  std::string cut_pointer;            ///< when open: where it was cut
  std::optional<std::string> closed;  ///< when open: a whole document of what had come
  bool ambiguous = false;             ///< invalid because more than one document was found
};

/// Linear in the text.
Extraction extract_json(std::string_view text);

/// The same without looking into fences or prose.
Extraction scan_bare_json(std::string_view text);

}  // namespace taskgate::checks

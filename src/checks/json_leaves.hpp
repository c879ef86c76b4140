#pragma once
// A walk over the scalars of JSON text with their places, without building a document.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace taskgate::checks {

struct JsonLeaf {
  enum class Kind { string, number, literal };
  Kind kind = Kind::literal;
  std::string_view pointer;  ///< valid during the call
  std::string_view raw;      ///< as written; a string without its quotes
  std::size_t begin = 0;     ///< offset of `raw` in the text

  /// What it stands for: an unescaped string, else `raw`.
  std::string text() const;
};

/// Calls `visit` for each scalar, at most `limit` of them, in the order of the text. `text` must be
/// one whole document (JsonScanner says complete). A pointer past 512 bytes is cut.
void for_each_leaf(std::string_view text,
                   std::size_t limit,
                   const std::function<void(const JsonLeaf&)>& visit);

}  // namespace taskgate::checks

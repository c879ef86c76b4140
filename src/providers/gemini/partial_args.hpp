#pragma once
// Arguments of a function call that arrive leaf by leaf, each with its place as a JSON path
// ("$.items[0].name"). Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::providers {

class PartialArgs {
 public:
  /// Takes the `partialArgs` array of a call. False: it is none, or a leaf has no usable place.
  bool take(std::string_view array);
  bool empty() const noexcept { return leaves_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }
  /// The object that the leaves make; nullopt when their places contradict each other
  /// or a value is none.
  std::optional<std::string> json() const;

 private:
  struct Leaf {
    std::string path;
    std::string text;   // unstitched; of a string
    std::string value;  // JSON, of anything else
    bool continues = false;
  };
  bool take_leaf(std::string_view leaf);

  std::vector<Leaf> leaves_;
  std::size_t bytes_ = 0;
};

}  // namespace taskgate::providers

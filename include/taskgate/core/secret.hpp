#pragma once
// A credential in memory: it cannot be printed by accident, and its bytes do not outlive it.

#include <string>
#include <string_view>

namespace taskgate {

/// Holds a secret. No operator<<, no implicit conversion: whoever needs the text says reveal().
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) noexcept;
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();  ///< overwrites the bytes first

  /// The text itself. Keep no copy of it.
  std::string_view reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }

 private:
  void cleanse() noexcept;
  std::string text_;
};

}  // namespace taskgate

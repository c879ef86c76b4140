#pragma once
// Cuts an input in pieces that the input itself decides, so that a finding repeats.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace taskgate::fuzz {

/// Calls take(piece) for consecutive pieces of `input`; each has memory of its own, so that a view
/// that is kept too long is a finding. `most`: bytes of the longest piece.
template <class F>
void feed_in_pieces(std::string_view input, std::size_t most, F&& take) {
  std::uint64_t state = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : input.substr(0, 256)) {
    state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  while (!input.empty()) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::size_t size = 1 + static_cast<std::size_t>(state >> 33) % most;
    const std::string piece(input.substr(0, size));
    input.remove_prefix(piece.size());
    take(std::string_view(piece));
  }
}

/// Stops the fuzzer with both results when they differ.
inline void expect_same(const std::string& whole, const std::string& pieces, const char* how) {
  if (whole == pieces) return;
  std::fprintf(stderr, "the result depends on the cuts (%s)\n--- whole:\n%s\n--- in pieces:\n%s\n",
               how, whole.c_str(), pieces.c_str());
  std::abort();
}

inline void expect_that(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace taskgate::fuzz

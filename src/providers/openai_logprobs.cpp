#include "providers/openai_logprobs.hpp"

#include "providers/json_values.hpp"

#include <utility>

namespace taskgate::providers {
namespace {

// A token may be a part of a character: then only "bytes" says which.
std::string token_of(std::string_view token, std::string_view bytes) {
  std::string text;
  if (!bytes.empty() && bytes.front() == '[') {
    JsonCursor cursor(bytes);
    cursor.array([&] {
      text.push_back(static_cast<char>(raw_integer(cursor.value()).value_or('?') & 0xFF));
    });
  }
  return text.empty() ? text_value(token) : text;
}

}  // namespace

std::size_t append_openai_logprobs(std::vector<TokenLogprob>& out, std::string_view array) {
  constexpr std::array<std::string_view, 4> kNames{"token", "logprob", "bytes", "top_logprobs"};
  if (array.empty() || array.front() != '[') return 0;
  std::size_t kept = 0;
  JsonCursor cursor(array);
  cursor.array([&] {
    const auto found = members(cursor.value(), kNames);
    if (!found) return;
    TokenLogprob one;
    one.token = token_of((*found)[0], (*found)[2]);
    one.logprob = number_value((*found)[1]).value_or(0);
    JsonCursor rivals((*found)[3]);
    rivals.array([&] {
      const auto rival = members(rivals.value(), kNames);
      if (!rival) return;
      one.rivals.emplace_back(token_of((*rival)[0], (*rival)[2]),
                              number_value((*rival)[1]).value_or(0));
    });
    kept += sizeof(TokenLogprob) + one.token.size() + one.rivals.size() * 48;
    out.push_back(std::move(one));
  });
  return kept;
}

}  // namespace taskgate::providers

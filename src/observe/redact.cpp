#include "taskgate/observe/redact.hpp"

#include <algorithm>
#include <array>

namespace taskgate::log {
namespace {

constexpr std::string_view kBlot = "…";

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_token_char(char c) {
  return is_alnum(c) || c == '-' || c == '_';
}

// RFC 6750 §2.1 b64token, which also covers Basic.
bool is_credential_char(char c) {
  return is_token_char(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

template <class Predicate>
std::size_t run_length(std::string_view text, Predicate belongs) {
  std::size_t length = 0;
  while (length < text.size() && belongs(text[length])) ++length;
  return length;
}

// A credential that announces itself by its first letters.
struct Kind {
  std::string_view prefix;
  std::size_t shortest;  // of what follows the prefix; less is an ordinary word
};

constexpr std::array<Kind, 10> kKinds{{{"sk-", 8},
                                       {"AIza", 16},
                                       {"whsec_", 8},
                                       {"whsk_", 8},
                                       {"tg_live_", 8},
                                       {"tg_test_", 8},
                                       {"xoxb-", 8},
                                       {"xoxp-", 8},
                                       {"xoxa-", 8},
                                       {"xapp-", 8}}};

// What to write in place of a secret, and how much of the text that replaces.
struct Finding {
  std::string_view keep;   // stays readable
  std::size_t length = 0;  // bytes of the text, `keep` included; 0: nothing found
};

Finding find_token(std::string_view text) {
  for (const auto& kind : kKinds) {
    if (!text.starts_with(kind.prefix)) continue;
    const std::size_t rest = run_length(text.substr(kind.prefix.size()), [](char c) {
      return is_token_char(c) || c == '+' || c == '/' || c == '=';  // whsec_ carries base64
    });
    if (rest >= kind.shortest) return {kind.prefix, kind.prefix.size() + rest};
  }
  return {};
}

constexpr std::string_view kJwtStart = "eyJ";  // `{"` in base64url: RFC 7519 §3.1

Finding find_jwt(std::string_view text) {
  std::size_t length = run_length(text, is_token_char);
  for (int part = 0; part < 2; ++part) {
    if (length >= text.size() || text[length] != '.') return {};
    length += 1 + run_length(text.substr(length + 1), is_token_char);
  }
  return {kJwtStart, length};
}

Finding find_authorization(std::string_view text) {
  for (const std::string_view scheme : {"Bearer ", "Basic "}) {
    if (!starts_with_ignoring_case(text, scheme)) continue;
    const std::size_t rest = run_length(text.substr(scheme.size()), is_credential_char);
    if (rest >= 8) return {text.substr(0, scheme.size()), scheme.size() + rest};
  }
  return {};
}

// "://user:password@" within one authority (RFC 3986 §3.2).
Finding find_userinfo(std::string_view text) {
  if (!text.starts_with("://")) return {};
  const std::size_t authority = run_length(text.substr(3), [](char c) {
    return c != '/' && c != '?' && c != '#' && c != '"' && static_cast<unsigned char>(c) > ' ';
  });
  const std::size_t at = text.substr(3, authority).rfind('@');
  if (at == std::string_view::npos || at == 0) return {};
  return {text.substr(0, 3), 3 + at};
}

Finding find_secret(std::string_view text, bool at_word_start) {
  switch (text.front()) {
    case ':':
      return find_userinfo(text);
    case 'B':
    case 'b':
      return at_word_start ? find_authorization(text) : Finding{};
    case 's':
    case 'A':
    case 'w':
    case 't':
    case 'x':
      return at_word_start ? find_token(text) : Finding{};
    default:
      return {};
  }
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t pos = 0;
  std::size_t no_jwt_before =
      0;  // where a run without one ends: it is walked once, not once a word
  while (pos < text.size()) {
    const std::string_view rest = text.substr(pos);
    const bool at_word_start = pos == 0 || !is_alnum(text[pos - 1]);
    Finding found = find_secret(rest, at_word_start);
    if (at_word_start && pos >= no_jwt_before && rest.starts_with(kJwtStart)) {
      found = find_jwt(rest);
      if (found.length == 0) no_jwt_before = pos + run_length(rest, is_token_char);
    }
    if (found.length == 0) {
      out += text[pos++];
      continue;
    }
    out += found.keep;
    out += kBlot;
    pos += found.length;
  }
  return out;
}

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 7> kTelling{
      "secret", "password", "passwd", "token", "credential", "authorization", "api-key"};
  // Names that merely speak of tokens as a measure.
  constexpr std::array<std::string_view, 3> kHarmless{"tokens", "token_count", "first_token"};
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(), lower);
  if (plain == "key" || plain.ends_with("_key") || plain.find("apikey") != std::string::npos ||
      plain.find("api_key") != std::string::npos)
    return true;
  for (const auto word : kHarmless) {
    if (plain.find(word) != std::string::npos) return false;
  }
  return std::any_of(kTelling.begin(), kTelling.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

std::string mask_secret(std::string_view secret) {
  constexpr std::size_t kLongEnoughToHint = 12;
  if (secret.empty()) return {};
  if (secret.size() < kLongEnoughToHint) return std::string(kBlot);
  std::string masked;
  for (const auto& kind : kKinds) {
    if (secret.starts_with(kind.prefix)) masked = kind.prefix;
  }
  masked += kBlot;
  masked += secret.substr(secret.size() - 2);
  return masked;
}

}  // namespace taskgate::log

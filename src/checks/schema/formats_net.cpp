// Names and addresses of hosts, and e-mail addresses.
#include "checks/schema/formats.hpp"

#include <algorithm>
#include <cctype>

namespace taskgate::checks::schema {
namespace {

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

enum class Script { ascii, any };

bool is_host_label(std::string_view label, Script script) {
  constexpr std::size_t kMaxLabel = 63;
  if (label.empty() || label.size() > kMaxLabel) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [&](char c) {
    return is_alnum(c) || c == '-' || (script == Script::any && !is_ascii(c));
  });
}

bool is_host(std::string_view text, Script script) {
  constexpr std::size_t kMaxName = 253;
  if (text.empty() || text.size() > kMaxName) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_host_label(text.substr(0, dot), script)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// An atom's characters, RFC 5322 §3.2.3; beyond ASCII as RFC 6531 allows.
bool is_atom_char(char c, Script script) {
  constexpr std::string_view kSpecial = "!#$%&'*+-/=?^_`{|}~";
  if (!is_ascii(c)) return script == Script::any;
  return is_alnum(c) || kSpecial.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text, Script script) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  char before = '\0';
  for (const char c : text) {
    if (c == '.' ? before == '.' : !is_atom_char(c, script)) return false;
    before = c;
  }
  return true;
}

bool is_quoted(std::string_view text, Script script) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F || (c >= 0x80 && script == Script::ascii) || c == '"') return false;
    if (c == '\\' && ++i == text.size()) return false;
  }
  return true;
}

bool is_address_literal(std::string_view text) {
  constexpr std::string_view kIpv6 = "IPv6:";
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  return text.starts_with(kIpv6) ? is_ipv6(text.substr(kIpv6.size())) : is_ipv4(text);
}

bool is_mailbox(std::string_view text, Script script) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  return (is_dot_atom(local, script) || is_quoted(local, script)) &&
         (is_host(domain, script) || is_address_literal(domain));
}

}  // namespace

bool is_hostname(std::string_view text) {
  return is_host(text, Script::ascii);
}
bool is_email(std::string_view text) {
  return is_mailbox(text, Script::ascii);
}
bool is_idn_email(std::string_view text) {
  return is_mailbox(text, Script::any);
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    std::size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
      value = value * 10 + (text[digits++] - '0');
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text.front() == '0'))
      return false;
    text.remove_prefix(digits);
  }
  return text.empty();
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      groups += 2;
      return is_ipv4(group) && (gap ? groups <= 7 : groups == 8);
    }
    const bool is_hex = std::all_of(group.begin(), group.end(), [](char c) {
      return std::isxdigit(static_cast<unsigned char>(c)) != 0;
    });
    if (group.empty() || group.size() > 4 || !is_hex || ++groups > 8) return false;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
    if (text.front() != ':') continue;
    if (gap) return false;
    gap = true;
    text.remove_prefix(1);
  }
  return gap ? groups <= 7 : groups == 8;
}

}  // namespace taskgate::checks::schema

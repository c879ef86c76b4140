#include "providers/upstream_error.hpp"

#include "providers/text_stitcher.hpp"
#include "taskgate/observe/redact.hpp"

#include <algorithm>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxMessageBytes = 500;

bool fits(const ErrorRule& rule, const UpstreamError& error) noexcept {
  if (rule.status == ErrorRule::kInStream && error.status != 0) return false;
  if (rule.status > 0 && rule.status != error.status) return false;
  if (!rule.name.empty() && rule.name != error.code && rule.name != error.type) return false;
  return rule.says.empty() || error.message.find(rule.says) != std::string::npos;
}

}  // namespace

FailureClass classify(const UpstreamError& error, const ErrorTable& table) noexcept {
  const auto rule = std::find_if(table.rules.begin(), table.rules.end(),
                                 [&](const ErrorRule& row) { return fits(row, error); });
  return rule != table.rules.end() ? rule->failure_class : class_of_status(error.status);
}

FailureClass class_of_status(int status) noexcept {
  if (status == 402) return FailureClass::quota;
  if (status == 429) return FailureClass::rate;
  if (status == 503 || status == 529) return FailureClass::overload;
  if (status == 408) return FailureClass::timeout;
  if (status == 409 || status == 425) return FailureClass::server;
  if (status >= 500) return FailureClass::server;
  if (status >= 300) return FailureClass::caller;
  return FailureClass::server;  // inside a 200 stream, with a name that nobody knows
}

std::string presentable(std::string_view text, std::string_view secret) {
  std::string clean(text.substr(0, 4 * kMaxMessageBytes));
  if (secret.size() >= 4) {
    for (auto at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at)) {
      clean.replace(at, secret.size(), "…");
    }
  }
  clean = log::redact(to_valid_utf8(clean));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') c = ' ';
  }
  if (clean.size() > kMaxMessageBytes) {
    std::size_t end = kMaxMessageBytes;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;
    clean.resize(end);
    clean += "…";
  }
  return clean;
}

}  // namespace taskgate::providers

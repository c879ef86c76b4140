#include "api/request_parts.hpp"

#include <algorithm>
#include <any>
#include <charconv>
#include <functional>
#include <utility>

namespace taskgate::api {
namespace {

constexpr std::size_t kMaxIdempotencyKey = 255;
constexpr std::int64_t kMaxWaitSeconds = 60;

// Calls `visit` with each element of a comma-separated field, in all fields of that name; commas
// inside quotes do not count (RFC 9110 §5.6.1, §5.6.4).
void for_each_element(const net::Request& request,
                      std::string_view name,
                      const std::function<void(std::string_view)>& visit) {
  for (const auto& [field, value] : request.headers.all()) {
    if (!same_token(field, name)) continue;
    std::size_t start = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= value.size(); ++i) {
      if (i < value.size() && value[i] == '\\' && quoted) {
        ++i;
      } else if (i < value.size() && value[i] == '"') {
        quoted = !quoted;
      } else if (i >= value.size() || (value[i] == ',' && !quoted)) {
        visit(trim(std::string_view(value).substr(start, i - start)));
        start = i + 1;
      }
    }
  }
}

// `; charset=utf-16`: the parameter means nothing for JSON, but who sends it sends other bytes.
bool names_other_charset(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    const auto parameter = trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const auto equals = std::min(parameter.find('='), parameter.size());
    if (!same_token(parameter.substr(0, equals), "charset")) continue;
    auto value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (!same_token(value, "utf-8") && !same_token(value, "us-ascii")) return true;
  }
  return false;
}

// "q=0", "q=0.0", "Q=0.000": RFC 9110 §12.4.2, "not acceptable".
bool has_zero_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    const auto parameter = trim(parameters.substr(0, end));
    if (parameter.size() >= 3 && same_token(parameter.substr(0, 2), "q="))
      return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return false;
}

bool is_visible(char c) noexcept {
  return c > ' ' && c < 0x7F;
}

// The content of an sf-string (RFC 8941 §3.3.3) without its quotes; nullopt when it is not one.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.back() != '"') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string content;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\') {
      if (++i == text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
    }
    content += text[i];
  }
  return content;
}

Problem bad_key(std::string why) {
  return Problem(ProblemCode::invalid_idempotency_key, std::move(why));
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same_token(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

const Principal& principal_of(const net::Request& request) {
  return std::any_cast<const Principal&>(request.context);
}

std::optional<Problem> check_json_content(const net::Request& request) {
  const auto type = request.headers.find("Content-Type");
  const auto media = type ? trim(type->substr(0, type->find(';'))) : std::string_view();
  if (!same_token(media, "application/json"))
    return Problem(ProblemCode::unsupported_media_type,
                   "send the body as `Content-Type: application/json`");
  if (names_other_charset(type->substr(media.size())))
    return Problem(ProblemCode::unsupported_media_type,
                   "JSON is sent as UTF-8 (RFC 8259 section 8.1): leave the charset out");
  return std::nullopt;
}

std::optional<Problem> check_accept(const net::Request& request,
                                    std::string_view type,
                                    std::string_view subtype) {
  bool given = false;
  bool taken = false;
  for_each_element(request, "Accept", [&](std::string_view range) {
    if (range.empty()) return;
    given = true;
    const auto end = std::min(range.find(';'), range.size());
    const auto media = trim(range.substr(0, end));
    const auto slash = std::min(media.find('/'), media.size());
    const auto main = media.substr(0, slash);
    const auto sub = slash < media.size() ? media.substr(slash + 1) : std::string_view();
    const bool fits =
        (main == "*" || same_token(main, type)) && (sub == "*" || same_token(sub, subtype));
    if (fits && !has_zero_weight(range.substr(end))) taken = true;
  });
  if (!given || taken) return std::nullopt;
  return Problem(ProblemCode::not_acceptable, "this route answers with " + std::string(type) + "/" +
                                                  std::string(subtype) + " only");
}

IdempotencyHeader read_idempotency_key(const net::Request& request) {
  IdempotencyHeader result;
  const auto field = request.headers.find("Idempotency-Key");
  if (!field) return result;
  if (request.headers.count("Idempotency-Key") > 1) {
    result.problem = bad_key("the Idempotency-Key header is given twice");
    return result;
  }
  const auto text = trim(*field);
  std::optional<std::string> key(text);
  if (text.starts_with('"')) {
    key = unquote(text);
  } else if (text.find_first_of("\",;") != std::string_view::npos) {
    key.reset();
  }
  const bool fits = key && !key->empty() && key->size() <= kMaxIdempotencyKey &&
                    std::all_of(key->begin(), key->end(), is_visible);
  if (fits) {
    result.key = std::move(key);
  } else {
    result.problem = bad_key(
        "an Idempotency-Key has 1 to 255 visible ASCII characters, in double quotes or bare");
  }
  return result;
}

std::optional<std::chrono::seconds> preferred_wait(const net::Request& request) {
  std::optional<std::chrono::seconds> wait;
  bool seen = false;
  for_each_element(request, "Prefer", [&](std::string_view element) {
    element = element.substr(0, element.find(';'));
    const auto equals = element.find('=');
    if (seen || equals == std::string_view::npos) return;
    if (!same_token(trim(element.substr(0, equals)), "wait")) return;
    seen = true;  // RFC 7240 §2: of several, the first counts
    auto value = trim(element.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc::result_out_of_range && !value.starts_with('-'))
      seconds = kMaxWaitSeconds;
    if (end != value.data() + value.size() || seconds < 1) return;
    wait = std::chrono::seconds(std::min(seconds, kMaxWaitSeconds));
  });
  return wait;
}

bool matches_etag(const net::Request& request, std::string_view etag) {
  bool matched = false;
  for_each_element(request, "If-None-Match", [&](std::string_view candidate) {
    matched = matched || candidate == "*";
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    matched = matched || candidate == etag;
  });
  return matched;
}

std::optional<Problem> check_no_fields(const net::Request& request) {
  std::string squeezed;
  for (const char c : request.body) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space) squeezed += c;
    if (squeezed.size() > 2) break;
  }
  if (squeezed.empty() || squeezed == "{}") return std::nullopt;
  return Problem(ProblemCode::invalid_request, "this route takes no fields: send no body, or {}");
}

}  // namespace taskgate::api

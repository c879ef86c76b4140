#include "api/query_reader.hpp"

#include "taskgate/core/base64.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>
#include <charconv>

namespace taskgate::api {
namespace {

constexpr std::size_t kMaxNameEcho = 64;

bool is_known(std::string_view name, std::span<const std::string_view> known) {
  return std::any_of(known.begin(), known.end(), [name](std::string_view entry) {
    if (entry.ends_with('.')) return name.size() > entry.size() && name.starts_with(entry);
    return name == entry;
  });
}

}  // namespace

QueryReader::QueryReader(const net::Request& request, std::span<const std::string_view> known) {
  if (request.query.empty()) return;
  auto values = request.query_values();
  if (!values) {
    faults_.push_back({"?", "the query is not validly percent-encoded"});
    return;
  }
  for (auto& [name, value] : *values) {
    if (!is_known(name, known)) {
      std::string hint;
      if (name.size() <= kMaxNameEcho) hint = did_you_mean(name, known);
      add_fault(name, "is not a parameter of this route" + hint);
    } else if (text(name)) {
      add_fault(name, "is given twice");
    } else {
      values_.emplace_back(std::move(name), std::move(value));
    }
  }
}

std::optional<std::string> QueryReader::text(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> QueryReader::integer(std::string_view name,
                                                 std::int64_t low,
                                                 std::int64_t high) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto* last = value->data() + value->size();
  const auto [end, error] = std::from_chars(value->data(), last, number);
  if (error == std::errc() && end == last && number >= low && number <= high) return number;
  add_fault(name,
            "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<TimePoint> QueryReader::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto moment = parse_rfc3339(*value);
  if (!moment)
    add_fault(name,
              "must be an RFC 3339 time such as 2026-03-01T09:30:00Z (a + in it is written %2B)");
  return moment;
}

std::vector<std::string> QueryReader::list(std::string_view name) const {
  std::vector<std::string> items;
  const auto value = text(name);
  if (!value) return items;
  std::size_t start = 0;
  for (;;) {
    const auto comma = value->find(',', start);
    items.push_back(value->substr(start, comma - start));
    if (comma == std::string::npos) return items;
    start = comma + 1;
  }
}

std::vector<std::pair<std::string, std::string>> QueryReader::with_prefix(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [key, value] : values_) {
    if (std::string_view(key).starts_with(prefix))
      found.emplace_back(key.substr(prefix.size()), value);
  }
  return found;
}

void QueryReader::add_fault(std::string_view name, std::string message) {
  if (faults_.size() >= 20) return;  // a URL of 8 KiB holds thousands of names
  faults_.push_back({"?" + std::string(name.substr(0, kMaxNameEcho)), std::move(message)});
}

std::optional<Problem> QueryReader::problem() const {
  if (faults_.empty()) return std::nullopt;
  Problem problem(ProblemCode::invalid_parameter,
                  faults_.size() == 1 ? faults_[0].path + ": " + faults_[0].message
                                      : "several query parameters are not valid; see errors");
  problem.faults = faults_;
  return problem;
}

std::string make_cursor(char kind, std::string_view bytes) {
  auto text = base64_encode(std::string(1, kind) + std::string(bytes));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (auto& c : text) {  // RFC 4648 §5
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::optional<std::string> read_cursor(char kind, std::string_view cursor) {
  if (cursor.empty() || cursor.size() > 128) return std::nullopt;
  if (cursor.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string text(cursor);
  for (auto& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  while (text.size() % 4 != 0) text += '=';
  auto bytes = base64_decode(text);
  if (!bytes || bytes->empty() || bytes->front() != kind) return std::nullopt;
  return bytes->substr(1);
}

}  // namespace taskgate::api

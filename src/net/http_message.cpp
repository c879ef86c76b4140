// Values of include/taskgate/net/http.hpp: headers, the request's query, the response.

#include "net/percent.hpp"
#include "taskgate/net/http.hpp"

#include <algorithm>
#include <stdexcept>

namespace taskgate::net {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool breaks_a_line(char c) noexcept {
  return c == '\r' || c == '\n' || c == '\0';
}

/// Calls `visit(name, value)`, both still encoded, for each `name=value` until it returns false.
template <class Visit>
void for_each_parameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (!visit(name, value)) return;
  }
}

}  // namespace

const char* to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
  }
  return "?";
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const auto& field) { return same_name(field.first, name); }));
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  std::optional<std::string> found;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    const auto decoded = percent_decode(key, PlusSign::is_space);
    if (!decoded || *decoded != name) return true;
    found = percent_decode(value, PlusSign::is_space);
    return false;
  });
  return found;
}

std::optional<std::vector<std::pair<std::string, std::string>>> Request::query_values() const {
  std::vector<std::pair<std::string, std::string>> all;
  bool well_formed = true;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    auto name = percent_decode(key, PlusSign::is_space);
    auto text = percent_decode(value, PlusSign::is_space);
    well_formed = name && text;
    if (well_formed) all.emplace_back(std::move(*name), std::move(*text));
    return well_formed;
  });
  if (!well_formed) return std::nullopt;
  return all;
}

Response Response::json(unsigned status, std::string body) {
  Response response(status);
  response.headers_ = "Content-Type: application/json\r\n";
  response.body_ = std::move(body);
  return response;
}

Response Response::text(unsigned status, std::string_view content_type, std::string body) {
  Response response(status);
  response.set("Content-Type", content_type);
  response.body_ = std::move(body);
  return response;
}

Response& Response::set(std::string_view name, std::string_view value) {
  const bool bad_name = name.empty() || std::any_of(name.begin(), name.end(), [](char c) {
                          return c <= ' ' || c == ':' || c == '\x7f';
                        });
  if (bad_name || std::any_of(value.begin(), value.end(), breaks_a_line)) {
    throw std::invalid_argument("a header field that would break the response's head");
  }
  headers_.reserve(headers_.size() + name.size() + value.size() + 4);
  headers_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

Response& Response::stream(StreamBody body) {
  stream_ = std::move(body);
  return *this;
}

Response& Response::stream(std::shared_ptr<StreamFeed> feed) {
  feed_ = std::move(feed);
  return *this;
}

Response& Response::close() {
  close_ = true;
  return *this;
}

}  // namespace taskgate::net

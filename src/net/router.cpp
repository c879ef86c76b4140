#include "net/percent.hpp"
#include "taskgate/net/http.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace taskgate::net {
namespace {

constexpr std::size_t kMaxSegments = 16;  // deeper paths match nothing

/// A path cut at its slashes, without allocating.
struct PathSegments {
  std::array<std::string_view, kMaxSegments> part;
  std::size_t count = 0;
};

/// False when the path does not begin with '/' or is too deep.
bool split_path(std::string_view path, PathSegments& out) {
  if (path.empty() || path[0] != '/') return false;
  path.remove_prefix(1);
  for (;;) {
    if (out.count == kMaxSegments) return false;
    const auto slash = path.find('/');
    out.part[out.count++] = path.substr(0, slash);
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

/// Adds a method to an Allow list, once. GET brings HEAD along.
void list_method(std::string& allow, Method method) {
  const std::string_view name = to_string(method);
  for (std::size_t at = allow.find(name); at != std::string::npos; at = allow.find(name, at + 1)) {
    const bool starts = at == 0 || allow[at - 1] == ' ';
    const bool ends = at + name.size() == allow.size() || allow[at + name.size()] == ',';
    if (starts && ends) return;
  }
  if (!allow.empty()) allow += ", ";
  allow += name;
  if (method == Method::get) list_method(allow, Method::head);
}

}  // namespace

struct Router::Route {
  struct Segment {
    std::string literal;
    bool is_parameter = false;
  };

  Method method = Method::get;
  std::string pattern;
  std::vector<Segment> segments;
  RouteOptions options;
  Handler handler;

  bool fits(const PathSegments& path) const {
    if (segments.size() != path.count) return false;
    for (std::size_t i = 0; i < path.count; ++i) {
      const bool ok =
          segments[i].is_parameter ? !path.part[i].empty() : segments[i].literal == path.part[i];
      if (!ok) return false;
    }
    return true;
  }

  /// "/tasks/batch" before "/tasks/{id}": the first segment that differs in kind decides.
  bool is_more_specific_than(const Route& other) const {
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].is_parameter != other.segments[i].is_parameter) {
        return other.segments[i].is_parameter;
      }
    }
    return false;
  }
};

void Router::add(Method method, std::string pattern, RouteOptions options, Handler handler) {
  auto route = std::make_shared<Route>();
  PathSegments cut;
  if (!split_path(pattern, cut)) throw std::invalid_argument("route pattern: " + pattern);
  for (std::size_t i = 0; i < cut.count; ++i) {
    const bool is_parameter = cut.part[i].size() > 2 && cut.part[i].starts_with('{');
    Route::Segment segment;
    segment.is_parameter = is_parameter;
    if (!is_parameter) segment.literal = std::string(cut.part[i]);
    route->segments.push_back(std::move(segment));
  }
  route->method = method;
  route->pattern = std::move(pattern);
  route->options = options;
  route->handler = std::move(handler);
  routes_.push_back(std::move(route));
}

Router::Match Router::find(Method method, std::string_view path) const {
  Match match;
  PathSegments cut;
  if (!split_path(path, cut)) return match;
  const Route* best = nullptr;
  const Route* best_get = nullptr;  // what HEAD falls back to
  std::string allow;
  for (const auto& route : routes_) {
    if (!route->fits(cut)) continue;
    if (!best) list_method(allow, route->method);
    if (route->method == method && (!best || route->is_more_specific_than(*best))) {
      best = route.get();
    }
    if (route->method == Method::get && (!best_get || route->is_more_specific_than(*best_get))) {
      best_get = route.get();
    }
  }
  if (!best && method == Method::head) best = best_get;
  if (!best) {
    match.allow = std::move(allow);
    return match;
  }
  for (std::size_t i = 0; i < cut.count; ++i) {
    if (!best->segments[i].is_parameter) continue;
    auto value = percent_decode(cut.part[i], PlusSign::is_itself);
    if (!value) return Match();  // malformed encoding names nothing: 404
    match.params.push_back(std::move(*value));
  }
  match.handler = &best->handler;
  match.options = best->options;
  match.pattern = best->pattern;
  return match;
}

}  // namespace taskgate::net

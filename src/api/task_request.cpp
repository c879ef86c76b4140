#include "api/task_request.hpp"

#include "api/task_request_sax.hpp"
#include "taskgate/core/json_guard.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace taskgate::api {
namespace {

// The server bounds bodies route by route; here only depth, NUL and UTF-8 are in question.
constexpr JsonLimits kBodyLimits{std::numeric_limits<std::size_t>::max(), 128};

ParsedTaskRequest not_json(std::string why) {
  ParsedTaskRequest parsed;
  parsed.malformed = true;
  parsed.faults.push_back({"", std::move(why)});
  return parsed;
}

// No fallback to the model itself.
void check_fallbacks(const engine::TaskRequest& request, FaultList& faults) {
  const auto& fallbacks = request.fallback_models;
  const auto same = std::find(fallbacks.begin(), fallbacks.end(), request.model);
  if (same == fallbacks.end()) return;
  faults.add("/fallback_models/" + std::to_string(same - fallbacks.begin()),
             "is the task's own model");
}

// Rules that need more than one field. True: the deadline has passed.
bool check_together(const engine::TaskRequest& request, TimePoint now, FaultList& faults) {
  if (!request.deadline) return false;
  if (request.not_before && *request.deadline <= *request.not_before)
    faults.add("/deadline", "must be later than not_before");
  if (*request.deadline > now) return false;
  faults.add("/deadline", "must lie in the future; the server's clock says " + to_rfc3339(now));
  return true;
}

}  // namespace

TaskRequestReader::TaskRequestReader(const Clock& clock, UrlCheck check_url)
    : clock_(clock), check_url_(std::move(check_url)) {}

ParsedTaskRequest TaskRequestReader::read(std::string body) const {
  if (const auto fault = guard_json(body, kBodyLimits)) return not_json(to_string(*fault));
  FaultList faults;
  ParsedTaskRequest parsed;
  TaskRequestSax sax(parsed.request, faults, check_url_);
  if (!nlohmann::json::sax_parse(body.begin(), body.end(), &sax))
    return not_json(sax.syntax_error());

  check_fallbacks(parsed.request, faults);
  const bool passed = check_together(parsed.request, clock_.now(), faults);
  parsed.faults = faults.take();
  parsed.too_late = passed && parsed.faults.size() == 1;
  parsed.request.body = std::move(body);
  return parsed;
}

}  // namespace taskgate::api

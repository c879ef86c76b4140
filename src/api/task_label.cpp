// POST /tasks/{id}/label: was the answer right?

#include "api/characters.hpp"
#include "api/raw_members.hpp"
#include "api/request_parts.hpp"
#include "api/tasks.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::api {
namespace {

namespace asio = boost::asio;
using LabelBody = nlohmann::json;

constexpr std::size_t kMaxNote = 1'000;  // characters
constexpr std::size_t kMaxLabelFaults = 20;

struct ParsedLabel {
  engine::LabelRequest request;
  std::optional<Problem> problem;
};

void read_members(const LabelBody& body, engine::LabelRequest& label, std::vector<Fault>& faults) {
  for (const auto& [name, value] : body.items()) {
    if (faults.size() >= kMaxLabelFaults) return;
    if (name == "correct") {
      if (!value.is_boolean()) faults.push_back({"/correct", "expected true or false"});
      if (value.is_boolean()) label.correct = value.get<bool>();
    } else if (name == "note") {
      if (value.is_null()) continue;  // as it is shown when there is none
      const bool fits =
          value.is_string() && count_characters(value.get_ref<const std::string&>()) <= kMaxNote;
      if (!fits) faults.push_back({"/note", "expected a string of at most 1000 characters"});
      if (fits) label.note = value.get<std::string>();
    } else {
      std::string path;
      append_pointer_segment(path, std::string_view(name).substr(0, 64));
      faults.push_back({std::move(path), "is not a field that is known here"});
    }
  }
  if (!body.contains("correct")) faults.push_back({"/correct", "is required"});
}

// Of two equal names one would be lost, and nobody could say which was meant.
void refuse_repeated_member(const std::string& text, std::vector<Fault>& faults) {
  const auto name = repeated_name(raw_members(text));
  if (name.empty()) return;
  std::string path;
  append_pointer_segment(path, std::string_view(name).substr(0, 64));
  faults.push_back({std::move(path), "is given twice"});
}

ParsedLabel read_label(const std::string& text) {
  ParsedLabel parsed;
  const auto guard = guard_json(text);
  const auto body =
      guard ? LabelBody(LabelBody::value_t::discarded) : LabelBody::parse(text, nullptr, false);
  if (body.is_discarded()) {
    parsed.problem.emplace(ProblemCode::malformed_request, "the body is not valid JSON");
    return parsed;
  }
  std::vector<Fault> faults;
  if (body.is_object()) {
    read_members(body, parsed.request, faults);
    refuse_repeated_member(text, faults);
  } else {
    faults.push_back({"", "expected an object"});
  }
  if (faults.empty()) return parsed;
  parsed.problem.emplace(ProblemCode::invalid_request, "the label cannot be taken; see errors");
  parsed.problem->faults = std::move(faults);
  return parsed;
}

std::string label_json(std::string_view id,
                       const engine::LabelRequest& label,
                       const engine::Labelled& done) {
  std::string out = R"({"object":"label")";
  append_json_key(out, "task_id");
  append_json_string(out, id);
  append_json_key(out, "correct");
  out += label.correct ? "true" : "false";
  append_json_key(out, "note");
  if (label.note) {
    append_json_string(out, *label.note);
  } else {
    out += "null";
  }
  append_json_key(out, "labelled_at");
  append_json_string(out, to_rfc3339(done.at));
  append_json_key(out, "score");
  if (done.score) {
    append_json_number(out, *done.score);
  } else {
    out += "null";
  }
  append_json_key(out, "labels");
  append_json_number(out, static_cast<std::int64_t>(done.labels));
  return out += '}';
}

}  // namespace

asio::awaitable<net::Response> TaskRoutes::label(net::Request& request) {
  if (const auto problem = check_json_content(request))
    co_return problem_response(request, *problem);
  const auto parsed = read_label(request.body);
  if (parsed.problem) co_return problem_response(request, *parsed.problem);
  const std::string id = request.params.at(0);
  auto label = parsed.request;
  const auto done = co_await gateway_.label(principal_of(request).tenant, id, std::move(label));
  if (!done) co_return problem_response(request, done.error());
  auto response = net::Response::json(200, label_json(id, parsed.request, *done));
  response.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace taskgate::api

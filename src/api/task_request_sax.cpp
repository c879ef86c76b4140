// The stack of places and the plumbing of the SAX consumer; the rules are in
// task_request_rules.cpp.

#include "api/task_request_sax.hpp"

#include "api/task_request_fields.hpp"
#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/suggest.hpp"

#include <limits>
#include <utility>

namespace taskgate::api {
namespace {

constexpr std::size_t kBeforeFirst = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kQuotedLimit = 64;  // bytes of a client's own name repeated in a message

// What providers' own APIs call it, and what says it here.
struct ForeignField {
  std::string_view name;
  std::string_view here;
};
constexpr ForeignField kForeignFields[] = {
    {"max_tokens", "\"max_output_tokens\" says this here"},
    {"max_completion_tokens", "\"max_output_tokens\" says this here"},
    {"prompt", "\"input\" says this here"},
    {"messages", "\"input\" says this here"},
    {"system", "\"instructions\" says this here"},
    {"response_format", "\"output_schema\" says this here: a JSON Schema"},
    {"stream", "every task can be streamed, at GET /tasks/{id}/stream"},
};

std::string hint_at_field(std::string_view name,
                          std::span<const std::string_view> known,
                          bool is_envelope) {
  if (name.size() > kQuotedLimit) return {};
  for (const auto& foreign : kForeignFields) {
    if (is_envelope && foreign.name == name) return " — " + std::string(foreign.here);
  }
  return did_you_mean(name, known);
}

}  // namespace

void FaultList::add(std::string path, std::string message) {
  if (faults_.size() < kMaxFaults) {
    faults_.push_back({std::move(path), std::move(message)});
  } else {
    more_ = true;
  }
}

std::vector<Fault> FaultList::take() {
  if (more_) faults_.push_back({"", "there are more faults; only the first are listed"});
  return std::move(faults_);
}

TaskRequestSax::TaskRequestSax(engine::TaskRequest& request,
                               FaultList& faults,
                               const UrlCheck& check_url)
    : request_(request), faults_(faults), check_url_(check_url) {}

// --- the parser's events ------------------------------------------------------------------------

bool TaskRequestSax::null() {
  on_value(JsonValue{});
  return true;
}

bool TaskRequestSax::boolean(bool value) {
  JsonValue event;
  event.kind = JsonValue::Kind::boolean;
  event.boolean = value;
  on_value(event);
  return true;
}

bool TaskRequestSax::number_integer(std::int64_t value) {
  JsonValue event;
  event.kind = JsonValue::Kind::integer;
  event.fits_int64 = true;
  event.integer = value;
  event.number = static_cast<double>(value);
  const std::string spelling = std::to_string(value);
  event.text = spelling;
  on_value(event);
  return true;
}

bool TaskRequestSax::number_unsigned(std::uint64_t value) {
  JsonValue event;
  event.kind = JsonValue::Kind::integer;
  event.fits_int64 = value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  event.integer = event.fits_int64 ? static_cast<std::int64_t>(value) : 0;
  event.number = static_cast<double>(value);
  const std::string spelling = std::to_string(value);
  event.text = spelling;
  on_value(event);
  return true;
}

bool TaskRequestSax::number_float(double value, const std::string& spelling) {
  JsonValue event;
  event.kind = JsonValue::Kind::number;
  event.number = value;
  event.text = spelling;
  on_value(event);
  return true;
}

bool TaskRequestSax::string(std::string& value) {
  JsonValue event;
  event.kind = JsonValue::Kind::string;
  event.text = value;
  on_value(event);
  return true;
}

bool TaskRequestSax::binary(std::vector<std::uint8_t>&) {
  return false;
}  // not in JSON text

bool TaskRequestSax::start_object(std::size_t) {
  JsonValue event;
  event.kind = JsonValue::Kind::object;
  on_value(event);
  return true;
}

bool TaskRequestSax::start_array(std::size_t) {
  JsonValue event;
  event.kind = JsonValue::Kind::array;
  on_value(event);
  return true;
}

bool TaskRequestSax::end_object() {
  leave();
  return true;
}

bool TaskRequestSax::end_array() {
  leave();
  return true;
}

bool TaskRequestSax::fail_syntax(std::string_view what) {
  // "[json.exception.parse_error.101] parse error at line 1, column 5: …; last read: '…'"
  if (const auto end = what.find("] "); what.starts_with('[') && end != std::string_view::npos)
    what.remove_prefix(end + 2);
  syntax_error_ = what.substr(0, 200);  // the end may quote the client's text at any length
  return false;
}

// --- places -------------------------------------------------------------------------------------

void TaskRequestSax::push(Place place) {
  auto& frame = frames_[++depth_];
  frame.place = place;
  frame.key.clear();
  frame.index = kBeforeFirst;
  frame.field = -1;
  frame.seen = 0;
}

void TaskRequestSax::skip_if_container(const JsonValue& value) noexcept {
  if (value.kind == JsonValue::Kind::object || value.kind == JsonValue::Kind::array) skipping_ = 1;
}

std::string TaskRequestSax::pointer() const {
  std::string path;
  for (std::size_t i = 1; i <= depth_; ++i) {
    const auto& frame = frames_[i];
    const bool is_array = frame.place == Place::messages || frame.place == Place::parts ||
                          frame.place == Place::tags || frame.place == Place::fallbacks ||
                          frame.place == Place::context || frame.place == Place::tools ||
                          frame.place == Place::catalogues ||
                          frame.place == Place::catalogue_values ||
                          frame.place == Place::webhook_events;
    if (is_array) {
      path += '/';
      path += std::to_string(frame.index);
    } else {
      append_pointer_segment(path, std::string_view(frame.key).substr(0, 4 * kQuotedLimit));
    }
  }
  return path;
}

void TaskRequestSax::fault(std::string message) {
  if (faults_.is_full()) return faults_.add({}, {});  // a hostile body must not cost a path each
  faults_.add(pointer(), std::move(message));
}

bool TaskRequestSax::key(std::string& name) {
  if (skipping_ > 0) return true;
  auto& frame = top();
  frame.key = name;
  frame.field = -1;
  if (frame.place == Place::metadata) return true;  // its rules are metadata_value's

  std::span<const std::string_view> known;
  if (frame.place == Place::envelope) known = kEnvelopeNames;
  if (frame.place == Place::message) known = kMessageNames;
  if (frame.place == Place::part) known = kPartNames;
  if (frame.place == Place::webhook) known = kWebhookNames;
  if (frame.place == Place::judge) known = kJudgeNames;
  if (frame.place == Place::catalogue) known = kCatalogueNames;
  if (frame.place == Place::severities) known = kFindingNames;
  if (frame.place == Place::budget) known = kBudgetNames;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == name) frame.field = static_cast<int>(i);
  }
  if (frame.field < 0) {
    fault("is not a field that is known here" +
          hint_at_field(name, known, frame.place == Place::envelope));
    return true;
  }
  const auto bit = 1U << static_cast<unsigned>(frame.field);
  if ((frame.seen & bit) != 0) fault("is given twice");
  frame.seen |= bit;
  return true;
}

void TaskRequestSax::on_value(const JsonValue& value) {
  if (skipping_ > 0) {
    if (value.kind == JsonValue::Kind::object || value.kind == JsonValue::Kind::array) ++skipping_;
    return;
  }
  auto& frame = top();
  ++frame.index;  // of no use in objects
  switch (frame.place) {
    case Place::root:
      return root_value(value);
    case Place::envelope:
      return envelope_value(value);
    case Place::messages:
      return messages_value(value);
    case Place::message:
      return message_value(value);
    case Place::parts:
      return parts_value(value);
    case Place::part:
      return part_value(value);
    case Place::metadata:
      return metadata_value(value);
    case Place::tags:
      return tags_value(value);
    case Place::fallbacks:
      return fallbacks_value(value);
    case Place::context:
      return context_value(value);
    case Place::judge:
      return judge_value(value);
    case Place::catalogues:
      return catalogues_value(value);
    case Place::catalogue:
      return catalogue_value(value);
    case Place::catalogue_values:
      return catalogue_values_value(value);
    case Place::severities:
      return frame.field < 0 ? skip_if_container(value) : one_of(value, kSeverities);
    case Place::tools:
      return tools_value(value);
    case Place::budget:
      return budget_value(value);
    case Place::webhook:
      return webhook_value(value);
    case Place::webhook_events:
      return webhook_event_value(value);
  }
}

}  // namespace taskgate::api

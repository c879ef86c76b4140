// What each member of a task request may be. Every function sees one value in its place, records
// what is wrong with it, and enters the containers that it wants to see the inside of.

#include "api/task_request_fields.hpp"
#include "api/task_request_sax.hpp"
#include "taskgate/core/event.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace taskgate::api {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMaxModel = 200;  // characters
constexpr std::int64_t kMaxOutputTokens = 1'000'000;
constexpr std::int64_t kMaxSteps = 1000;
constexpr std::int64_t kMaxToolCalls = 10'000;
constexpr std::int64_t kMinTtl = 60;
constexpr std::int64_t kMaxTtl = 31'536'000;  // a year

constexpr std::uint32_t kDefaultEvents =
    event_bit(EventType::task_waiting) | event_bit(EventType::task_success) |
    event_bit(EventType::task_partial_success) | event_bit(EventType::task_failed) |
    event_bit(EventType::task_cancelled) | event_bit(EventType::task_expired);

}  // namespace

// --- helpers ------------------------------------------------------------------------------------

bool TaskRequestSax::expect(const JsonValue& value, Kind kind, std::string_view what) {
  if (value.kind == kind) return true;
  std::string message = "expected " + std::string(what) + ", got " + kind_name(value.kind);
  if (value.kind == Kind::null) message += " (leave the field out instead)";
  fault(std::move(message));
  skip_if_container(value);
  return false;
}

std::optional<std::int64_t> TaskRequestSax::integer_in(const JsonValue& value,
                                                       std::int64_t low,
                                                       std::int64_t high) {
  const bool integer = value.kind == Kind::integer;
  if (integer && value.fits_int64 && value.integer >= low && value.integer <= high)
    return value.integer;
  const std::string range =
      "an integer from " + std::to_string(low) + " to " + std::to_string(high);
  if (!expect(value, Kind::integer, range)) return std::nullopt;
  fault("expected " + range + ", got " + std::string(value.text));
  return std::nullopt;
}

std::optional<TimePoint> TaskRequestSax::time_of(const JsonValue& value) {
  constexpr std::string_view kWhat = "an RFC 3339 time such as \"2026-03-01T09:30:00Z\"";
  if (!expect(value, Kind::string, kWhat)) return std::nullopt;
  const auto time = parse_rfc3339(value.text);
  if (!time) fault("expected " + std::string(kWhat));
  return time;
}

void TaskRequestSax::one_of(const JsonValue& value, std::span<const std::string_view> names) {
  if (value.kind == Kind::string &&
      std::find(names.begin(), names.end(), value.text) != names.end())
    return;
  if (expect(value, Kind::string, "one of " + listed(names)))
    fault("expected one of " + listed(names));
}

void TaskRequestSax::only(const JsonValue& value,
                          std::string_view supported,
                          std::span<const std::string_view> names) {
  if (value.kind == Kind::string && value.text != supported &&
      std::find(names.begin(), names.end(), value.text) != names.end()) {
    fault(unsupported("\"" + std::string(value.text) + "\""));
    return;
  }
  one_of(value, names);
}

/// A container ends: rules on what should have been in it.
void TaskRequestSax::leave() {
  if (skipping_ > 0) {
    --skipping_;
    return;
  }
  const auto require = [this](std::span<const std::string_view> known, std::uint32_t required) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      const auto bit = 1U << i;
      if ((required & bit) == 0 || (top().seen & bit) != 0) continue;
      top().key = known[i];
      fault("is required");
    }
  };
  auto& frame = top();
  const Place place = frame.place;
  if (place == Place::envelope) require(kEnvelopeNames, 0b11);  // model, input
  const auto has_come = [&frame](EnvelopeField field) {
    return (frame.seen & (1U << static_cast<unsigned>(field))) != 0;
  };
  if (place == Place::envelope && has_come(EnvelopeField::catalogues) &&
      !request_.has_output_schema) {
    frame.key = "catalogues";
    fault("needs an output_schema: it names places in a JSON answer");
  }
  if (place == Place::envelope && !has_come(EnvelopeField::tools)) {
    for (const auto field :
         {EnvelopeField::max_steps, EnvelopeField::max_tool_calls, EnvelopeField::budget}) {
      if (!has_come(field)) continue;
      frame.key = kEnvelopeNames[static_cast<std::size_t>(field)];
      fault("needs tools: it bounds the turns and calls of an agent");
    }
  }
  if (place == Place::message || place == Place::part) {
    require(place == Place::message ? std::span<const std::string_view>(kMessageNames)
                                    : std::span<const std::string_view>(kPartNames),
            0b11);
  }
  if (place == Place::webhook) require(kWebhookNames, 0b01);
  if (place == Place::judge) require(kJudgeNames, 0b01);
  if (place == Place::catalogue) require(kCatalogueNames, 0b11);
  const bool empty = frame.index == std::numeric_limits<std::size_t>::max();
  if (place == Place::metadata) request_.metadata += '}';
  if (place == Place::tags) request_.tags += ']';
  --depth_;
  if (empty && (place == Place::messages || place == Place::parts))
    fault("must hold at least one element");
  if (empty && place == Place::budget) fault("must name tokens, usd, or both");
  if (empty && place == Place::tools) fault("must name at least one tool, or be left out");
  if (empty && (place == Place::catalogues || place == Place::severities))
    fault("must name at least one, or be left out");
  if (empty && place == Place::catalogue_values) fault("must hold at least one value");
  if (empty && place == Place::fallbacks) fault("must name at least one model, or be left out");
  if (empty && place == Place::webhook_events)
    fault("must name at least one event, or be left out for the default");
  if (place == Place::metadata && request_.metadata.size() > kMaxMetadata)
    fault("must not be over 16 KiB of JSON");
}

// --- the body -----------------------------------------------------------------------------------

void TaskRequestSax::root_value(const JsonValue& value) {
  if (expect(value, Kind::object, "an object")) push(Place::envelope);
}

void TaskRequestSax::envelope_value(const JsonValue& value) {
  using enum EnvelopeField;
  if (top().field < 0) return skip_if_container(value);
  switch (static_cast<EnvelopeField>(top().field)) {
    case model:
      return model_field(value);
    case input:
      return input_field(value);
    case instructions:
      (void)expect(value, Kind::string, "a string");  // the fault is recorded
      return;
    case output_schema:
      if (value.kind != Kind::boolean && value.kind != Kind::object) {
        (void)expect(value, Kind::object, "a JSON Schema (an object or a boolean)");
        return;
      }
      request_.has_output_schema = true;
      return skip_if_container(value);
    case on_invalid:
    case max_repairs:
    case samples:
    case logprobs:
      return checks_field(value);
    case context:
    case judge:
    case catalogues:
    case severities:
      return checks_container(value);
    case on_disconnect:
    case temperature:
    case seed:
    case max_output_tokens:
      return choice_field(value);
    case priority:
    case not_before:
    case deadline:
    case result_ttl_seconds:
      return scheduling_field(value);
    case webhook:
    case metadata:
    case tags:
    case fallback_models:
      return container_field(value);
    case tools:
    case max_steps:
    case max_tool_calls:
    case budget:
      return agent_field(value);
    case reasoning:
      fault(unsupported(top().key));
      return skip_if_container(value);
  }
}

void TaskRequestSax::agent_field(const JsonValue& value) {
  using enum EnvelopeField;
  switch (static_cast<EnvelopeField>(top().field)) {
    case tools:
      if (!expect(value, Kind::array, "an array of tools' names")) return;
      distinct_.clear();
      return push(Place::tools);
    case budget:
      if (expect(value, Kind::object, "an object with tokens or usd")) push(Place::budget);
      return;
    case max_steps:
      (void)integer_in(value, 1, kMaxSteps);
      return;
    default:  // max_tool_calls
      (void)integer_in(value, 1, kMaxToolCalls);
  }
}

void TaskRequestSax::model_field(const JsonValue& value) {
  if (is_model_name(value)) request_.model = value.text;
}

bool TaskRequestSax::is_model_name(const JsonValue& value) {
  if (!expect(value, Kind::string, "a string such as \"sim/echo\"")) return false;
  const bool visible =
      std::all_of(value.text.begin(), value.text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (value.text.empty() || value.text.size() > kMaxModel) {
    fault("must have 1 to 200 characters");
  } else if (!visible) {
    fault("must be visible ASCII without spaces, such as \"provider/name\"");
  } else {
    return true;
  }
  return false;
}

void TaskRequestSax::input_field(const JsonValue& value) {
  if (value.kind == Kind::array) return push(Place::messages);
  if (!expect(value, Kind::string, "a string or an array of messages")) return;
  if (value.text.empty()) fault("must not be empty");
}

void TaskRequestSax::choice_field(const JsonValue& value) {
  using enum EnvelopeField;
  switch (static_cast<EnvelopeField>(top().field)) {
    case on_disconnect:
      return only(value, "continue", kOnDisconnect);
    case temperature: {
      const bool number = value.kind == Kind::number || value.kind == Kind::integer;
      if (!number) {
        (void)expect(value, Kind::number, "a number from 0 to 2");
      } else if (value.number < 0 || value.number > 2) {
        fault("expected a number from 0 to 2, got " + std::string(value.text.substr(0, 40)));
      }
      return;
    }
    case seed:
      (void)integer_in(value, std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max());
      return;
    default:  // max_output_tokens
      (void)integer_in(value, 1, kMaxOutputTokens);
  }
}

void TaskRequestSax::scheduling_field(const JsonValue& value) {
  using enum EnvelopeField;
  switch (static_cast<EnvelopeField>(top().field)) {
    case priority:
      if (const auto number = integer_in(value, 0, 9))
        request_.priority = static_cast<int>(*number);
      return;
    case not_before:
      request_.not_before = time_of(value);
      return;
    case deadline:
      request_.deadline = time_of(value);
      return;
    default:  // result_ttl_seconds
      request_.result_ttl_seconds = integer_in(value, kMinTtl, kMaxTtl);
  }
}

void TaskRequestSax::container_field(const JsonValue& value) {
  using enum EnvelopeField;
  switch (static_cast<EnvelopeField>(top().field)) {
    case webhook:
      if (!expect(value, Kind::object, "an object with url and events")) return;
      request_.webhook.emplace().event_mask = kDefaultEvents;
      return push(Place::webhook);
    case metadata:
      if (!expect(value, Kind::object, "an object")) return;
      request_.metadata = "{";
      distinct_.clear();
      return push(Place::metadata);
    case fallback_models:
      if (!expect(value, Kind::array, "an array of models")) return;
      distinct_.clear();
      return push(Place::fallbacks);
    default:  // tags
      if (!expect(value, Kind::array, "an array of strings")) return;
      request_.tags = "[";
      distinct_.clear();
      return push(Place::tags);
  }
}

}  // namespace taskgate::api

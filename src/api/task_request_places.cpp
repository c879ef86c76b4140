// The rules inside the containers of a task request: conversations, metadata, tags, webhook.

#include "api/characters.hpp"
#include "api/task_request_fields.hpp"
#include "api/task_request_sax.hpp"
#include "taskgate/core/event.hpp"
#include "taskgate/core/json_text.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>
#include <utility>

namespace taskgate::api {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMaxTags = 32;
constexpr std::size_t kMaxFallbacks = 8;
constexpr std::size_t kMaxTools = 64;
constexpr std::size_t kMaxToolName = 64;
constexpr std::size_t kMaxTag = 64;             // characters
constexpr std::size_t kMaxMetadataKey = 64;     // characters
constexpr std::size_t kMaxMetadataValue = 512;  // characters

}  // namespace

const char* kind_name(JsonValue::Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
      return "an integer";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::object:
      return "an object";
    case Kind::array:
      return "an array";
  }
  return "something else";
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const auto name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string unsupported(std::string_view what) {
  return std::string(what) + " is not supported by this version";
}

// --- inside input -------------------------------------------------------------------------------

void TaskRequestSax::messages_value(const JsonValue& value) {
  if (expect(value, Kind::object, "a message object with role and content")) push(Place::message);
}

void TaskRequestSax::message_value(const JsonValue& value) {
  switch (top().field) {
    case 0:  // role
      return one_of(value, kRoles);
    case 1:  // content
      if (value.kind == Kind::array) return push(Place::parts);
      (void)expect(value, Kind::string, "a string or an array of parts");
      return;
    default:
      return skip_if_container(value);
  }
}

void TaskRequestSax::parts_value(const JsonValue& value) {
  if (expect(value, Kind::object, "a part such as {\"type\":\"text\",\"text\":\"…\"}"))
    push(Place::part);
}

void TaskRequestSax::part_value(const JsonValue& value) {
  switch (top().field) {
    case 0:  // type
      if (expect(value, Kind::string, "\"text\"") && value.text != "text")
        fault(unsupported("a part of another type than \"text\""));
      return;
    case 1:  // text
      (void)expect(value, Kind::string, "a string");
      return;
    default:
      return skip_if_container(value);
  }
}

// --- metadata, tags, webhook --------------------------------------------------------------------

void TaskRequestSax::metadata_value(const JsonValue& value) {
  const auto& name = top().key;
  if (!distinct_.insert(name).second) fault("is given twice");
  if (name.empty() || count_characters(name) > kMaxMetadataKey)
    fault("a metadata key must have 1 to 64 characters");
  if (value.kind == Kind::object || value.kind == Kind::array) {
    fault("expected a string, number, boolean or null, got " + std::string(kind_name(value.kind)));
    return skip_if_container(value);
  }
  if (value.kind == Kind::string && count_characters(value.text) > kMaxMetadataValue)
    fault("must not be over 512 characters");
  auto& out = request_.metadata;
  if (out.size() > kMaxMetadata) return;  // leave() says so
  if (out.size() > 1) out += ',';
  append_json_string(out, name);
  out += ':';
  if (value.kind == Kind::string) {
    append_json_string(out, value.text);
  } else if (value.kind == Kind::null) {
    out += "null";
  } else if (value.kind == Kind::boolean) {
    out += value.boolean ? "true" : "false";
  } else {
    out += value.text;  // a number as the client spelt it
  }
}

void TaskRequestSax::tags_value(const JsonValue& value) {
  if (!expect(value, Kind::string, "a string")) return;
  if (top().index == kMaxTags) fault("there may be at most 32 tags");
  if (top().index >= kMaxTags) return;
  if (value.text.empty() || count_characters(value.text) > kMaxTag)
    return fault("must have 1 to 64 characters");
  if (!distinct_.emplace(value.text).second) return fault("is given twice");
  if (request_.tags.size() > 1) request_.tags += ',';
  append_json_string(request_.tags, value.text);
}

void TaskRequestSax::fallbacks_value(const JsonValue& value) {
  if (!is_model_name(value)) return;
  if (top().index == kMaxFallbacks) fault("there may be at most 8 fallback models");
  if (top().index >= kMaxFallbacks) return;
  if (!distinct_.emplace(value.text).second) return fault("is given twice");
  request_.fallback_models.emplace_back(value.text);
}

void TaskRequestSax::tools_value(const JsonValue& value) {
  if (!expect(value, Kind::string, "a tool's name")) return;
  if (top().index == kMaxTools) fault("there may be at most 64 tools");
  if (top().index >= kMaxTools) return;
  if (value.text.empty() || value.text.size() > kMaxToolName)
    return fault("must have 1 to 64 characters");
  if (!distinct_.emplace(value.text).second) return fault("is given twice");
  request_.tools.emplace_back(value.text);
}

void TaskRequestSax::budget_value(const JsonValue& value) {
  constexpr std::int64_t kMostTokens = 1'000'000'000'000;
  if (top().field == 0) {
    (void)integer_in(value, 1, kMostTokens);
  } else if (top().field == 1) {
    const bool number = value.kind == Kind::number || value.kind == Kind::integer;
    if (!number) {
      (void)expect(value, Kind::number, "a number of US dollars above 0");
    } else if (value.number <= 0 || value.number > 1e9) {
      fault("expected a number of US dollars above 0, got " +
            std::string(value.text.substr(0, 40)));
    } else {
      request_.has_budget_usd = true;
    }
  } else {
    skip_if_container(value);
  }
}

void TaskRequestSax::webhook_value(const JsonValue& value) {
  if (top().field == 0) {
    if (!expect(value, Kind::string, "an https URL")) return;
    request_.webhook->url = value.text;
    if (const auto judged = check_url_(value.text); !judged) fault(judged.error().message());
  } else if (top().field == 1) {
    if (!expect(value, Kind::array, "an array of event names")) return;
    request_.webhook->event_mask = 0;
    push(Place::webhook_events);
  } else {
    skip_if_container(value);
  }
}

void TaskRequestSax::webhook_event_value(const JsonValue& value) {
  if (!expect(value, Kind::string, "an event name")) return;
  const bool announced =
      std::find(kWebhookEvents.begin(), kWebhookEvents.end(), value.text) != kWebhookEvents.end();
  const auto type = parse_event_type(value.text);
  if (announced && type) {
    request_.webhook->event_mask |= event_bit(*type);
  } else if (type) {
    fault("is not announced by webhooks; follow the task's stream for it");
  } else {
    std::string hint;
    if (value.text.size() <= 64) hint = did_you_mean(value.text, kWebhookEvents);
    fault("is not an event; expected one of " + listed(kWebhookEvents) + hint);
  }
}

}  // namespace taskgate::api

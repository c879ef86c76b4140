#pragma once
// What the tests of answers share: a schema, and what they look at in a task.

#include "support/chat_upstream.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace taskgate::test {

using Json = nlohmann::json;

inline const Json kInvoice =
    Json::parse(R"({"type":"object","properties":{"unit_price":{"type":"number"},
  "note":{"type":"string"}},"required":["unit_price"],"additionalProperties":false})");

inline Json wants_invoice(Json more = Json::object()) {
  more["output_schema"] = kInvoice;
  return more;
}

inline std::vector<std::string> types_of(const Json& errors) {
  std::vector<std::string> types;
  for (const auto& error : errors) {
    if (error["severity"] != "info") types.push_back(error["type"]);
  }
  return types;
}

inline std::vector<std::string> kinds_of(const Json& steps) {
  std::vector<std::string> kinds;
  for (const auto& step : steps) kinds.push_back(step["kind"]);
  return kinds;
}

inline std::vector<StreamEvent> events_of_type(const std::vector<StreamEvent>& events,
                                               const std::string& type) {
  std::vector<StreamEvent> found;
  std::copy_if(events.begin(), events.end(), std::back_inserter(found),
               [&](const StreamEvent& event) { return event.type == type; });
  return found;
}

inline std::vector<std::string> names_of(const std::vector<StreamEvent>& events) {
  std::vector<std::string> names;
  for (const auto& event : events) names.push_back(event.type);
  return names;
}

using Strings = std::vector<std::string>;

}  // namespace taskgate::test

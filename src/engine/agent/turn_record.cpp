#include "engine/agent/turn_record.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace taskgate::engine {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::int64_t count_of(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_number_integer() ? member->get<std::int64_t>() : 0;
}

Json usage_json(const providers::Usage& usage) {
  if (!usage.reported) return nullptr;
  return {{"input_tokens", usage.input_tokens},
          {"output_tokens", usage.output_tokens},
          {"cached_input_tokens", usage.cached_input_tokens},
          {"cache_write_input_tokens", usage.cache_write_input_tokens},
          {"reasoning_tokens", usage.reasoning_tokens}};
}

providers::Usage read_usage(const std::string& text) {
  providers::Usage usage;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return usage;
  usage.reported = true;
  usage.input_tokens = count_of(json, "input_tokens");
  usage.output_tokens = count_of(json, "output_tokens");
  usage.cached_input_tokens = count_of(json, "cached_input_tokens");
  usage.cache_write_input_tokens = count_of(json, "cache_write_input_tokens");
  usage.reasoning_tokens = count_of(json, "reasoning_tokens");
  return usage;
}

}  // namespace

std::string asked_model(const store::TurnRow& row) {
  const Json response = Json::parse(row.response, nullptr, false);
  return response.is_object() ? text_of(response, "model") : std::string();
}

store::TurnRow record_turn(const providers::ModelTurn& turn, std::string_view model) {
  Json calls = Json::array();
  for (const auto& call : turn.tool_calls)
    calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  Json response{{"model", model},
                {"text", turn.text},
                {"finish_reason", providers::to_string(turn.finish_reason)},
                {"tool_calls", std::move(calls)}};
  if (!turn.native.protocol.empty())
    response["native"] = {{"protocol", turn.native.protocol}, {"json", turn.native.json}};
  if (!turn.fingerprint.empty()) response["fingerprint"] = turn.fingerprint;
  store::TurnRow row;
  row.response = dump(response);
  row.served_model = turn.served_model;
  row.usage = dump(usage_json(turn.usage));
  return row;
}

std::optional<providers::ModelTurn> replay_turn(const store::TurnRow& row) {
  const Json response = Json::parse(row.response, nullptr, false);
  if (!response.is_object()) return std::nullopt;
  providers::ModelTurn turn;
  turn.text = text_of(response, "text");
  turn.fingerprint = text_of(response, "fingerprint");
  turn.served_model = row.served_model;
  turn.usage = read_usage(row.usage);
  turn.finish_reason = text_of(response, "finish_reason") == "length"
                           ? providers::FinishReason::length
                           : providers::FinishReason::tool_calls;
  if (const auto native = response.find("native"); native != response.end())
    turn.native = {text_of(*native, "protocol"), text_of(*native, "json")};
  const auto calls = response.find("tool_calls");
  if (calls == response.end() || !calls->is_array()) return std::nullopt;
  for (const auto& call : *calls) {
    turn.tool_calls.push_back(
        {text_of(call, "id"), text_of(call, "name"), text_of(call, "arguments")});
  }
  return turn;
}

}  // namespace taskgate::engine

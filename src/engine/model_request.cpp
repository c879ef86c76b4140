#include "engine/model_request.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::engine {
namespace {

using Json = nlohmann::json;

Json parse_body(std::string_view body) {
  return Json::parse(body, nullptr, false);
}

std::string string_member(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

providers::Message read_message(const Json& item) {
  providers::Message message;
  message.role = string_member(item, "role");
  const auto content = item.find("content");
  if (content == item.end()) return message;
  if (content->is_string()) {
    message.content.push_back({content->get<std::string>(), {}});
    return message;
  }
  for (const auto& part : *content) {
    if (string_member(part, "type") == "text") {
      message.content.push_back({string_member(part, "text"), {}});
    } else {
      message.content.push_back({{}, part.dump()});
    }
  }
  return message;
}

void read_input(const Json& input, providers::ModelRequest& request) {
  if (input.is_string()) {
    providers::Message message;
    message.role = "user";
    message.content.push_back({input.get<std::string>(), {}});
    request.messages.push_back(std::move(message));
    return;
  }
  for (const auto& item : input) request.messages.push_back(read_message(item));
}

void read_sampling(const Json& body, providers::ModelRequest& request) {
  if (const auto limit = body.find("max_output_tokens");
      limit != body.end() && limit->is_number_integer()) {
    request.max_output_tokens = limit->get<int>();
  }
  if (const auto heat = body.find("temperature"); heat != body.end() && heat->is_number()) {
    request.temperature = heat->get<double>();
  }
  if (const auto seed = body.find("seed"); seed != body.end() && seed->is_number_integer()) {
    request.seed = seed->get<std::int64_t>();
  }
}

// The documents go into the first text of the user's: some models' templates refuse two messages of
// one role in a row.
void add_documents(const std::vector<std::string>& documents, providers::ModelRequest& request) {
  if (documents.empty()) return;
  auto text = context_message(documents);
  for (auto& message : request.messages) {
    if (message.role != "user") continue;
    for (auto& part : message.content) {
      if (!part.json.empty()) continue;
      part.text = text + "\n\n" + part.text;
      return;
    }
  }
  providers::Message message;
  message.role = "user";
  message.content.push_back({std::move(text), {}});
  request.messages.insert(request.messages.begin(), std::move(message));
}

}  // namespace

Result<ParsedBody> parse_request(std::string_view body) {
  const Json document = parse_body(body);
  if (!document.is_object()) return Error(Errc::internal, "the stored request cannot be read");
  const auto input = document.find("input");
  if (input == document.end() || !(input->is_string() || input->is_array())) {
    return Error(Errc::internal, "the stored request has no input");
  }
  ParsedBody parsed;
  auto& request = parsed.turn;
  parsed.answer = read_answer_request(document);
  request.instructions = string_member(document, "instructions");
  read_input(*input, request);
  add_documents(parsed.answer.asked.context, request);
  request.output_schema = parsed.answer.asked.output_schema;
  if (parsed.answer.logprobs) request.top_logprobs = 0;
  read_sampling(document, request);
  return parsed;
}

Result<providers::ModelRequest> build_model_request(std::string_view body) {
  auto parsed = parse_request(body);
  if (!parsed) return parsed.error();
  return std::move(parsed.value().turn);
}

std::optional<std::int64_t> result_ttl_seconds(std::string_view body) {
  if (body.find("result_ttl_seconds") == std::string_view::npos) return std::nullopt;
  const Json document = parse_body(body);
  if (!document.is_object()) return std::nullopt;
  const auto ttl = document.find("result_ttl_seconds");
  if (ttl == document.end() || !ttl->is_number_integer()) return std::nullopt;
  return ttl->get<std::int64_t>();
}

std::vector<std::string> fallback_models(std::string_view body) {
  std::vector<std::string> models;
  if (body.find("fallback_models") == std::string_view::npos) return models;
  const Json document = parse_body(body);
  if (!document.is_object()) return models;
  const auto member = document.find("fallback_models");
  if (member == document.end() || !member->is_array()) return models;
  for (const auto& model : *member) {
    if (model.is_string()) models.push_back(model.get<std::string>());
  }
  return models;
}

bool same_request(std::string_view left, std::string_view right) {
  if (left == right) return true;
  const Json first = parse_body(left);
  const Json second = parse_body(right);
  return !first.is_discarded() && !second.is_discarded() && first == second;
}

}  // namespace taskgate::engine

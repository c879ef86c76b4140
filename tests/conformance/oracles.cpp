#include "conformance/oracles.hpp"

#include <array>
#include <map>
#include <sstream>

namespace taskgate::test {
namespace {

using nlohmann::json;

void read_chat_parts(const json& parts, Answer& answer) {
  for (const json& part : parts) {
    if (part["type"] == "text") answer.text += part["text"].get<std::string>();
    if (part["type"] != "thinking") continue;
    for (const json& inner : part["thinking"]) answer.reasoning += text_in(inner, "text");
  }
}

}  // namespace

Events read_events(const std::string& stream) {
  Events events;
  std::istringstream lines(stream);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("data:", 0) == 0) events.push_back(json::parse(line.substr(5), nullptr, false));
  }
  return events;
}

std::string canonical_arguments(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  return parsed.is_discarded() ? text : parsed.dump();
}

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t count_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

Answer chat_oracle(const Events& events) {
  Answer answer;
  std::map<int, std::array<std::string, 3>> calls;  // by index: id, name, arguments
  for (const json& chunk : events) {
    if (!chunk.is_object()) continue;  // [DONE]
    if (!text_in(chunk, "model").empty()) answer.model = text_in(chunk, "model");
    if (chunk.contains("usage") && chunk["usage"].is_object()) {
      answer.input_tokens = chunk["usage"]["prompt_tokens"];
      answer.output_tokens = chunk["usage"]["completion_tokens"];
    }
    if (chunk["choices"].empty()) continue;
    const json& choice = chunk["choices"][0];
    if (!text_in(choice, "finish_reason").empty()) {
      answer.raw_finish = text_in(choice, "finish_reason");
    }
    const json& delta = choice["delta"];
    answer.text += text_in(delta, "content");
    answer.reasoning += text_in(delta, "reasoning_content");
    if (delta.contains("content") && delta["content"].is_array()) {
      read_chat_parts(delta["content"], answer);
    }
    if (!delta.contains("tool_calls")) continue;
    for (const json& piece : delta["tool_calls"]) {
      auto& call = calls[piece.value("index", 0)];
      call[0] += text_in(piece, "id");
      call[1] += text_in(piece["function"], "name");
      call[2] += text_in(piece["function"], "arguments");
    }
  }
  for (const auto& [index, call] : calls) {
    answer.calls.push_back(call[0] + ' ' + call[1] + ' ' + canonical_arguments(call[2]));
  }
  return answer;
}

Answer responses_oracle(const Events& events) {
  Answer answer;
  std::string last_part;
  for (const json& event : events) {
    const std::string type = text_in(event, "type");
    if (type == "error") answer.failure = "quota";  // the one that was recorded
    if (type == "response.output_text.delta") answer.text += text_in(event, "delta");
    if (type == "response.reasoning_summary_text.delta") {
      const std::string part = event["output_index"].dump() + '/' + event["summary_index"].dump();
      if (!last_part.empty() && last_part != part) answer.reasoning += "\n\n";
      last_part = part;
      answer.reasoning += text_in(event, "delta");
    }
    if (type != "response.completed") continue;
    const json& response = event["response"];
    answer.raw_finish = response["status"];
    answer.model = response["model"];
    answer.input_tokens = count_in(response["usage"], "input_tokens");
    answer.output_tokens = count_in(response["usage"], "output_tokens");
    for (const json& item : response["output"]) {
      const std::string kind = item["type"];
      if (kind != "function_call" && kind != "custom_tool_call") continue;
      answer.calls.push_back(
          text_in(item, "call_id") + ' ' + text_in(item, "name") + ' ' +
          canonical_arguments(text_in(item, kind == "function_call" ? "arguments" : "input")));
    }
  }
  return answer;
}

}  // namespace taskgate::test

#include "conformance/oracles.hpp"

#include <map>

namespace taskgate::test {
namespace {

using nlohmann::json;

void take_anthropic_usage(const json& usage, std::map<std::string, std::int64_t>& counts) {
  for (const auto& [name, value] : usage.items()) {
    if (value.is_number()) counts[name] = value;
  }
}

// "$.items[0].name" as a JSON pointer: the paths that were recorded hold nothing harder.
std::string pointer_of(const std::string& path) {
  std::string pointer;
  for (const char c : path.substr(1)) {
    if (c == '.' || c == '[') pointer += '/';
    if (c != '.' && c != '[' && c != ']') pointer += c;
  }
  return pointer;
}

struct GeminiCall {
  std::string name;
  json args;
  std::map<std::string, json> leaves;  // by pointer
};

void take_gemini_call(const json& call, std::vector<GeminiCall>& calls) {
  if (call.contains("name")) {
    calls.push_back({call["name"], call.value("args", json::object()), {}});
  }
  if (!call.contains("partialArgs")) return;
  for (const json& leaf : call["partialArgs"]) {
    json& value = calls.back().leaves[pointer_of(leaf["jsonPath"])];
    if (leaf.contains("numberValue")) value = leaf["numberValue"];
    if (leaf.contains("boolValue")) value = leaf["boolValue"];
    if (!leaf.contains("stringValue")) continue;
    if (value.is_null()) value = "";
    value = value.get<std::string>() + leaf["stringValue"].get<std::string>();
  }
}

void take_gemini_usage(const json& usage, Answer& answer) {
  if (!usage.contains("promptTokenCount") && !usage.contains("candidatesTokenCount")) return;
  answer.input_tokens = count_in(usage, "promptTokenCount");
  answer.output_tokens =
      count_in(usage, "candidatesTokenCount") + count_in(usage, "thoughtsTokenCount");
}

}  // namespace

Answer anthropic_oracle(const Events& events) {
  Answer answer;
  std::map<std::string, std::int64_t> counts;
  std::vector<json> blocks;  // content_block with "partial" added
  for (const json& event : events) {
    const std::string type = text_in(event, "type");
    if (type == "message_start") {
      blocks.clear();
      answer.model = event["message"]["model"];
      answer.raw_finish = text_in(event["message"], "stop_reason");
      take_anthropic_usage(event["message"]["usage"], counts);
      for (const json& block : event["message"]["content"]) {
        blocks.push_back(block);
        answer.text += text_in(block, "text");
      }
    } else if (type == "content_block_start") {
      blocks.push_back(event["content_block"]);
      answer.text += text_in(blocks.back(), "text");
      if (blocks.back()["type"] == "fallback") answer.model = blocks.back()["to"]["model"];
    } else if (type == "content_block_delta") {
      const json& delta = event["delta"];
      answer.text += text_in(delta, "text");
      answer.reasoning += text_in(delta, "thinking");
      json& block = blocks.at(event["index"].get<std::size_t>());
      block["partial"] = text_in(block, "partial") + text_in(delta, "partial_json");
    } else if (type == "message_delta") {
      const std::string reason = text_in(event["delta"], "stop_reason");
      if (!reason.empty()) answer.raw_finish = reason;
      take_anthropic_usage(event["usage"], counts);
    }
  }
  for (const json& block : blocks) {
    if (block["type"] != "tool_use") continue;
    const std::string partial = text_in(block, "partial");
    answer.calls.push_back(text_in(block, "id") + ' ' + text_in(block, "name") + ' ' +
                           canonical_arguments(partial.empty() ? block["input"].dump() : partial));
  }
  answer.input_tokens = counts["input_tokens"] + counts["cache_read_input_tokens"] +
                        counts["cache_creation_input_tokens"];
  answer.output_tokens = counts["output_tokens"];
  return answer;
}

Answer gemini_oracle(const Events& events) {
  Answer answer;
  std::vector<GeminiCall> calls;
  bool known = false;
  for (const json& chunk : events) {
    if (!text_in(chunk, "modelVersion").empty()) answer.model = text_in(chunk, "modelVersion");
    if (chunk.contains("usageMetadata")) take_gemini_usage(chunk["usageMetadata"], answer);
    if (chunk.contains("promptFeedback")) {
      known = true;
      answer.raw_finish = text_in(chunk["promptFeedback"], "blockReason");
    }
    if (!chunk.contains("candidates")) continue;
    known = true;
    const json& candidate = chunk["candidates"][0];
    if (!text_in(candidate, "finishReason").empty()) {
      answer.raw_finish = text_in(candidate, "finishReason");
    }
    if (!candidate.contains("content") || !candidate["content"].contains("parts")) continue;
    for (const json& part : candidate["content"]["parts"]) {
      const bool thought = part.value("thought", false);
      (thought ? answer.reasoning : answer.text) += text_in(part, "text");
      if (part.contains("functionCall")) take_gemini_call(part["functionCall"], calls);
    }
  }
  for (GeminiCall& call : calls) {
    for (const auto& [pointer, value] : call.leaves) {
      call.args[json::json_pointer(pointer)] = value;
    }
    answer.calls.push_back(' ' + call.name + ' ' + call.args.dump());
  }
  if (!known) answer.failure = "malformed";
  if (known && answer.raw_finish.empty()) answer.failure = "stream_cut";
  return answer;
}

}  // namespace taskgate::test

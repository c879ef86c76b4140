#include "faults/answers.hpp"

#include "support/chat_upstream.hpp"

#include <nlohmann/json.hpp>

namespace taskgate::test {

using Json = nlohmann::json;

std::string named_event(std::string_view name, std::string_view json) {
  return "event: " + std::string(name) + "\ndata: " + std::string(json) + "\n\n";
}

std::string plain_event(std::string_view json) {
  return "data: " + std::string(json) + "\n\n";
}

std::string anthropic_start() {
  return named_event("message_start",
                     R"({"type":"message_start","message":{"id":"msg_1","type":"message",)"
                     R"("role":"assistant","model":"claude","content":[],"stop_reason":null,)"
                     R"("usage":{"input_tokens":3,"output_tokens":1}}})");
}

std::string anthropic_text(std::string_view text) {
  const Json delta{{"type", "content_block_delta"},
                   {"index", 0},
                   {"delta", {{"type", "text_delta"}, {"text", text}}}};
  return named_event("content_block_start", R"({"type":"content_block_start","index":0,)"
                                            R"("content_block":{"type":"text","text":""}})") +
         named_event("content_block_delta", delta.dump()) +
         named_event("content_block_stop", R"({"type":"content_block_stop","index":0})");
}

std::string anthropic_stop(std::string_view reason) {
  const Json delta{{"type", "message_delta"},
                   {"delta", {{"stop_reason", reason}, {"stop_sequence", nullptr}}},
                   {"usage", {{"output_tokens", 2}}}};
  return named_event("message_delta", delta.dump()) +
         named_event("message_stop", R"({"type":"message_stop"})");
}

std::string anthropic_error(std::string_view type) {
  const Json error{{"type", "error"}, {"error", {{"type", type}, {"message", "scripted"}}}};
  return error.dump();
}

std::string gemini_text(std::string_view text) {
  const Json part{{"text", text}};
  const Json candidate{{"index", 0},
                       {"content", {{"role", "model"}, {"parts", Json::array({part})}}}};
  const Json response{{"candidates", Json::array({candidate})}, {"modelVersion", "gemini"}};
  return plain_event(response.dump());
}

std::string gemini_end(std::string_view reason) {
  const Json candidate{{"index", 0}, {"finishReason", reason}};
  const Json response{{"candidates", Json::array({candidate})},
                      {"usageMetadata", {{"promptTokenCount", 3}, {"candidatesTokenCount", 2}}}};
  return plain_event(response.dump());
}

std::string responses_start() {
  return named_event("response.created",
                     R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1",)"
                     R"("object":"response","status":"in_progress","model":"gpt","output":[]}})") +
         named_event("response.output_item.added",
                     R"({"type":"response.output_item.added","sequence_number":1,"output_index":0,)"
                     R"("item":{"id":"msg_1","type":"message","status":"in_progress",)"
                     R"("role":"assistant","content":[]}})");
}

std::string responses_text(std::string_view text) {
  const Json delta{{"type", "response.output_text.delta"},
                   {"sequence_number", 2},
                   {"item_id", "msg_1"},
                   {"output_index", 0},
                   {"content_index", 0},
                   {"delta", text}};
  return named_event("response.output_text.delta", delta.dump());
}

std::string responses_end() {
  return named_event(
      "response.completed",
      R"({"type":"response.completed","sequence_number":3,"response":{"id":"resp_1",)"
      R"("object":"response","status":"completed","model":"gpt","output":[],)"
      R"("usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}})");
}

Reply answer_in(std::string_view protocol, std::string_view text) {
  if (protocol == "anthropic") {
    return Reply::sse({anthropic_start(), anthropic_text(text), anthropic_stop()});
  }
  if (protocol == "gemini") return Reply::sse({gemini_text(text), gemini_end()});
  if (protocol == "openai_responses") {
    return Reply::sse({responses_start(), responses_text(text), responses_end()});
  }
  return chat_answer(text);
}

}  // namespace taskgate::test

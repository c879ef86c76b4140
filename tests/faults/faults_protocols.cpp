// What may be wrong in the streams and refusals of the other protocols.

#include "faults/answers.hpp"
#include "faults/fault.hpp"

namespace taskgate::test {

using namespace std::chrono_literals;

namespace {

Outcome ended(const char* status, const char* error, const char* text) {
  return {status, error, "", text};
}

Outcome failing(const char* failure_class) {
  return {"failed", "provider_error", failure_class, ""};
}

// Rows of one protocol.
struct Rows {
  std::string protocol;
  std::vector<Fault> all;

  Fault& add(std::string kind, std::string name, std::function<Reply()> reply, Outcome expected) {
    Fault fault;
    fault.kind = std::move(kind);
    fault.name = std::move(name);
    fault.protocol = protocol;
    fault.reply = std::move(reply);
    fault.expected = std::move(expected);
    all.push_back(std::move(fault));
    return all.back();
  }
  void stream(std::string name, std::vector<std::string> pieces, Outcome expected) {
    auto reply = [pieces = std::move(pieces)] { return Reply::sse(pieces); };
    add("stream", std::move(name), std::move(reply), std::move(expected));
  }
  Fault& refusal(std::string name, unsigned code, std::string body, Outcome expected) {
    auto reply = [code, body = std::move(body)] { return Reply::json(code, body); };
    return add("status", std::move(name), std::move(reply), std::move(expected));
  }
};

const Outcome kHello = ended("success", "", "hello");
const Outcome kRate{"failed", "rate_limited", "rate", ""};

void add_anthropic_refusals(Rows& rows) {
  rows.refusal("529 overloaded_error", 529, anthropic_error("overloaded_error"),
               failing("overload"));
  rows.refusal("429 rate_limit_error", 429, anthropic_error("rate_limit_error"), kRate);
  rows.refusal("429 the spend limit is reached", 429,
               R"({"type":"error","error":{"type":"rate_limit_error","message":"m",)"
               R"("details":{"error_code":"enforced_spend_limit_reached"}}})",
               failing(""));
  rows.refusal("402 billing_error", 402, anthropic_error("billing_error"), failing(""));
  rows.refusal("400 prompt is too long", 400,
               R"({"type":"error","error":{"type":"invalid_request_error",)"
               R"("message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
               failing(""));
  rows.refusal("413 request_too_large", 413, anthropic_error("request_too_large"), failing(""));
  rows.refusal("500 api_error", 500, anthropic_error("api_error"), failing("server"));
}

void add_anthropic_streams(Rows& rows) {
  const std::string start = anthropic_start();
  const std::string hello = anthropic_text("hello");
  const std::string stop = anthropic_stop();
  const auto error = [](const char* type) { return named_event("error", anthropic_error(type)); };
  rows.stream("event error: overloaded_error", {start, hello, error("overloaded_error")},
              failing("overload"));
  rows.stream("event error: api_error", {start, error("api_error")}, failing("server"));
  rows.stream("event error: rate_limit_error", {start, error("rate_limit_error")}, kRate);
  rows.stream("no message_stop, no stop_reason", {start, hello}, failing("stream_cut"));
  std::string without_stop = stop.substr(0, stop.find("event: message_stop"));
  rows.stream("stop_reason, but no message_stop", {start, hello, without_stop}, kHello);
  rows.stream("message_start twice", {start, start, hello, stop}, kHello);
  rows.stream("a second message_start within a tool call",
              {start,
               named_event("content_block_start",
                           R"({"type":"content_block_start","index":0,"content_block":)"
                           R"({"type":"tool_use","id":"t1","name":"f","input":{}}})"),
               named_event("content_block_delta",
                           R"({"type":"content_block_delta","index":0,"delta":)"
                           R"({"type":"input_json_delta","partial_json":"{\"a\""}})"),
               start, hello, stop},
              kHello);
  rows.stream("a second message_start within the text", {start, hello, start, hello, stop},
              failing("malformed"));
  rows.stream("events of unknown types",
              {start, named_event("future", R"({"type":"future"})"), hello, stop}, kHello);
  std::vector<std::string> pings(300, named_event("ping", R"({"type": "ping"})"));
  pings.insert(pings.begin(), start);
  pings.insert(pings.end(), {hello, stop});
  rows.stream("a storm of pings", pings, kHello);
  rows.stream("data padded with spaces",
              {start, hello,
               named_event("message_delta", R"({"type":"message_delta","delta":{"stop_reason":)"
                                            R"("end_turn"},"usage":{"output_tokens":2}}        )"),
               named_event("message_stop", "{\"type\":\"message_stop\"         }")},
              kHello);
  rows.stream("max_tokens", {start, hello, anthropic_stop("max_tokens")},
              ended("partial_success", "truncation", "hello"));
  rows.stream("model_context_window_exceeded",
              {start, hello, anthropic_stop("model_context_window_exceeded")},
              ended("partial_success", "truncation", "hello"));
  rows.stream("refusal", {start, anthropic_stop("refusal")}, ended("failed", "refusal", ""));
  rows.stream("tool_use without a tool call", {start, anthropic_stop("tool_use")},
              failing("malformed"));
  rows.stream("an event that is no JSON", {start, named_event("content_block_delta", "{oops")},
              failing("malformed"));
}

std::string gemini_error(int code, const char* status, const std::string& details = "[]") {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":"scripted","status":")" +
         status + R"(","details":)" + details + "}}";
}

void add_gemini_refusals(Rows& rows) {
  rows.refusal("503 UNAVAILABLE", 503, gemini_error(503, "UNAVAILABLE"), failing("overload"));
  rows.refusal("500 INTERNAL", 500, gemini_error(500, "INTERNAL"), failing("server"));
  rows.refusal("400 INVALID_ARGUMENT", 400, gemini_error(400, "INVALID_ARGUMENT"), failing(""));
  auto& waiting = rows.refusal(
      "429 with RetryInfo of 34.4s", 429,
      gemini_error(
          429, "RESOURCE_EXHAUSTED",
          R"([{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}])"),
      kRate);
  waiting.least_delay = 34'400ms;
  waiting.most_delay = 37'900ms;
  rows.refusal(
      "429 with the quota of the day used up", 429,
      gemini_error(429, "RESOURCE_EXHAUSTED",
                   R"([{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":)"
                   R"([{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}])"),
      failing(""));
}

void add_gemini_streams(Rows& rows) {
  const std::string hello = gemini_text("hello");
  rows.stream("a bare JSON error after events",
              {hello,
               "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"m\",\n"
               "    \"status\": \"UNAVAILABLE\"\n  }\n}\n"},
              failing("overload"));
  rows.stream("no finishReason", {hello}, failing("stream_cut"));
  rows.stream("a finishReason that nobody knows", {hello, gemini_end("TIRED")}, kHello);
  rows.stream("MAX_TOKENS", {hello, gemini_end("MAX_TOKENS")},
              ended("partial_success", "truncation", "hello"));
  rows.stream("SAFETY", {hello, gemini_end("SAFETY")},
              ended("partial_success", "content_filter", "hello"));
  rows.stream("a prompt that is blocked",
              {plain_event(R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})")},
              ended("failed", "content_filter", ""));
  rows.stream("candidates that are empty",
              {plain_event(R"({"candidates":[],"modelVersion":"gemini"})"), hello, gemini_end()},
              kHello);
  rows.stream("an event that is other JSON", {plain_event(R"({"hello":1})")}, failing("malformed"));
}

std::string responses_failure(const char* code) {
  return R"({"type":"response.failed","sequence_number":9,"response":{"id":"resp_1",)"
         R"("status":"failed","error":{"code":")" +
         std::string(code) + R"(","message":"scripted"}}})";
}

std::string responses_incomplete(const char* reason) {
  return named_event("response.incomplete",
                     R"({"type":"response.incomplete","response":{"id":"resp_1",)"
                     R"("status":"incomplete","incomplete_details":{"reason":")" +
                         std::string(reason) + R"("},"output":[]}})");
}

void add_responses_streams(Rows& rows) {
  const std::string start = responses_start();
  const std::string hello = responses_text("hello");
  const std::string end = responses_end();
  rows.stream("event error: insufficient_quota, then response.failed",
              {start,
               named_event("error", R"({"type":"error","code":"insufficient_quota",)"
                                    R"("message":"no money","param":null})"),
               named_event("response.failed", responses_failure("insufficient_quota"))},
              failing(""));
  rows.stream("response.failed: server_error",
              {start, hello, named_event("response.failed", responses_failure("server_error"))},
              failing("server"));
  rows.stream("response.failed: rate_limit_exceeded",
              {start, named_event("response.failed", responses_failure("rate_limit_exceeded"))},
              kRate);
  rows.stream("no response.completed", {start, hello}, failing("stream_cut"));
  rows.stream("incomplete: max_output_tokens",
              {start, hello, responses_incomplete("max_output_tokens")},
              ended("partial_success", "truncation", "hello"));
  rows.stream("incomplete: content_filter", {start, hello, responses_incomplete("content_filter")},
              ended("partial_success", "content_filter", "hello"));
  rows.stream("sequence numbers repeated and out of order",
              {start, responses_text("hel"), responses_text("lo"), start, end}, kHello);
  rows.stream("events of unknown types",
              {start, named_event("response.future", R"({"type":"response.future"})"), hello, end},
              kHello);
  rows.stream("an event that is no JSON",
              {start, named_event("response.output_text.delta", "{oops")}, failing("malformed"));
}

}  // namespace

std::vector<Fault> protocol_faults() {
  Rows anthropic{"anthropic", {}};
  add_anthropic_refusals(anthropic);
  add_anthropic_streams(anthropic);
  Rows gemini{"gemini", {}};
  add_gemini_refusals(gemini);
  add_gemini_streams(gemini);
  Rows responses{"openai_responses", {}};
  add_responses_streams(responses);
  std::vector<Fault> all = std::move(anthropic.all);
  for (auto* more : {&gemini.all, &responses.all})
    all.insert(all.end(), more->begin(), more->end());
  return all;
}

}  // namespace taskgate::test

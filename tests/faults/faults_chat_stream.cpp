// What may be wrong within a stream of OpenAI Chat Completions.

#include "faults/fault.hpp"
#include "support/chat_upstream.hpp"

namespace taskgate::test {

using namespace std::chrono_literals;

namespace {

const Outcome kHello{"success", "", "", "hello"};
const Outcome kCut{"failed", "provider_error", "stream_cut", ""};
const std::string kDone = "data: [DONE]\n\n";

std::string choice(const std::string& delta, const std::string& finish = "null") {
  return R"(data: {"id":"c1","choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" +
         finish + "}]}\n\n";
}

std::string stop(const char* reason = "stop") {
  return choice("{}", '"' + std::string(reason) + '"');
}

Fault stream(std::string name, std::vector<std::string> pieces, Outcome expected) {
  Fault fault;
  fault.kind = "stream";
  fault.name = std::move(name);
  fault.reply = [pieces = std::move(pieces)] { return Reply::sse(pieces); };
  fault.expected = std::move(expected);
  return fault;
}

Outcome ended(const char* status, const char* error, const char* text) {
  return {status, error, "", text};
}

void add_ends(std::vector<Fault>& all) {
  all.push_back(stream("no [DONE]", {chat_delta("hello"), stop()}, kHello));
  all.push_back(stream("no finish_reason, no [DONE]", {chat_delta("half")}, kCut));
  all.push_back(stream("no finish_reason, but [DONE]", {chat_delta("hello"), kDone}, kHello));
  all.push_back(stream("last event without its blank line",
                       {chat_delta("hello"), stop(), "data: [DONE]"}, kHello));
  all.push_back(
      stream("nothing but [DONE]", {kDone}, {"failed", "provider_error", "malformed", ""}));
  all.push_back(stream("an empty answer", {choice(R"({"role":"assistant"})"), stop(), kDone},
                       ended("failed", "provider_error", "")));
  all.push_back(stream("cut at the output limit", {chat_delta("hell"), stop("length"), kDone},
                       ended("partial_success", "truncation", "hell")));
  all.push_back(stream("stopped by the content filter",
                       {chat_delta("hell"), stop("content_filter"), kDone},
                       ended("partial_success", "content_filter", "hell")));
  all.push_back(stream("a finish_reason that nobody knows",
                       {chat_delta("hello"), stop("tired"), kDone}, kHello));
  all.push_back(stream("a refusal",
                       {choice(R"({"refusal":"I cannot help with that."})"), stop(), kDone},
                       ended("failed", "refusal", "")));
}

void add_errors(std::vector<Fault>& all) {
  const auto error = [](const char* type, const char* code) {
    return R"({"error":{"message":"m","type":")" + std::string(type) + R"(","code":")" + code +
           R"("}})";
  };
  const std::string server = error("server_error", "");
  all.push_back(stream("an error in the middle", {chat_delta("half"), "data: " + server + "\n\n"},
                       {"failed", "provider_error", "server", ""}));
  all.push_back(stream("an event named error",
                       {chat_delta("half"), "event: error\ndata: " + server + "\n\n"},
                       {"failed", "provider_error", "server", ""}));
  all.push_back(stream("overloaded in the middle",
                       {"data: " + error("server_error", "server_is_overloaded") + "\n\n"},
                       {"failed", "provider_error", "overload", ""}));
  all.push_back(stream("rate limit in the middle",
                       {"data: " + error("requests", "rate_limit_exceeded") + "\n\n"},
                       {"failed", "rate_limited", "rate", ""}));
  all.push_back(stream("no money in the middle",
                       {"data: " + error("insufficient_quota", "insufficient_quota") + "\n\n"},
                       {"failed", "provider_error", "", ""}));
  all.push_back(stream("a bare JSON error after events", {chat_delta("half"), server + "\n"},
                       {"failed", "provider_error", "server", ""}));
  all.push_back(stream("an event that is no JSON", {chat_delta("half"), "data: {oops\n\n"},
                       {"failed", "provider_error", "malformed", ""}));
  all.push_back(stream("an event that is JSON of another kind", {"data: [1,2]\n\n"},
                       {"failed", "provider_error", "malformed", ""}));
  all.push_back(stream("a line of 9 MB",
                       {"data: {\"x\":\"" + std::string(9U << 20, 'x') + "\"}\n\n"},
                       {"failed", "provider_error", "malformed", ""}));
}

void add_spellings(std::vector<Fault>& all) {
  const std::string usage =
      R"(data: {"id":"c1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}})"
      "\n\n";
  all.push_back(stream("events of unknown types",
                       {"event: future\ndata: {\"choices\":[]}\n\n", chat_delta("hello"),
                        "event: other\ndata: {}\n\n", stop(), kDone},
                       kHello));
  std::vector<std::string> pings(500, ": keep-alive\n\n");
  pings.insert(pings.end(), {chat_delta("hello"), stop(), kDone});
  all.push_back(stream("a storm of pings", pings, kHello));
  all.push_back(stream("empty choices and usage alone",
                       {R"(data: {"id":"c1","choices":[]})"
                        "\n\n",
                        chat_delta("hello"), stop(), usage, kDone},
                       kHello));
  all.push_back(stream("usage never comes", {chat_delta("hello"), stop(), kDone}, kHello));
  all.push_back(stream("chunks after [DONE]",
                       {chat_delta("hello"), stop(), kDone, chat_delta(" and more")}, kHello));
  std::string crlf;
  for (const char c : chat_delta("hello") + stop() + kDone) {
    if (c == '\n') crlf += '\r';
    crlf += c;
  }
  all.push_back(stream("CRLF", {crlf}, kHello));
  std::string cr = chat_delta("hello") + stop() + kDone;
  for (char& c : cr) c = c == '\n' ? '\r' : c;
  all.push_back(stream("CR alone", {cr}, kHello));
  all.push_back(
      stream("a byte order mark", {"\xEF\xBB\xBF" + chat_delta("hello"), stop(), kDone}, kHello));
  std::vector<std::string> bytes;
  for (const char c : choice(R"({"content":"h\u00e9llo é"})") + stop() + kDone)
    bytes.push_back(std::string(1, c));
  all.push_back(stream("cut between any two bytes", bytes, ended("success", "", "héllo é")));
  all.push_back(stream("bytes that are not UTF-8",
                       {choice("{\"content\":\"hell\xFFo\"}"), stop(), kDone},
                       ended("success", "", "hell\xEF\xBF\xBDo")));
  all.push_back(stream("the model's name changes",
                       {R"(data: {"model":"a","choices":[{"index":0,"delta":{"content":"hel"}}]})"
                        "\n\n",
                        R"(data: {"model":"b","choices":[{"index":0,"delta":{"content":"lo"}}]})"
                        "\n\n",
                        stop(), kDone},
                       kHello));
}

void add_tools(std::vector<Fault>& all) {
  const Outcome asked = ended("failed", "tool_error", "");
  const auto call = [](const char* inner) {
    return choice(R"({"tool_calls":[)" + std::string(inner) + "]}");
  };
  all.push_back(stream("a tool call that nobody offered",
                       {call(R"({"index":0,"id":"1","function":{"name":"f","arguments":"{}"}})"),
                        stop("tool_calls"), kDone},
                       asked));
  all.push_back(stream("tool calls announced, none came", {stop("tool_calls"), kDone},
                       {"failed", "provider_error", "malformed", ""}));
  all.push_back(stream(
      "a tool call without id, arguments as an object",
      {call(R"({"index":0,"function":{"name":"f","arguments":{"a":1}}})"), stop(), kDone}, asked));
  all.push_back(stream(
      "arguments cut within an escape",
      {call(R"({"index":0,"id":"1","function":{"name":"f","arguments":"{\"a\\"}})"),
       call(R"({"index":0,"function":{"name":"","arguments":"n\"}"}})"), stop("tool_calls"), kDone},
      asked));
}

}  // namespace

std::vector<Fault> chat_stream_faults() {
  std::vector<Fault> all;
  add_ends(all);
  add_errors(all);
  add_spellings(all);
  add_tools(all);
  return all;
}

}  // namespace taskgate::test

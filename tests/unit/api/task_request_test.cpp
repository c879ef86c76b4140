#include "api/task_request.hpp"

#include "taskgate/core/event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace taskgate::api {
namespace {

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return *parse_rfc3339("2026-03-01T09:30:00Z"); }
};

ParsedTaskRequest read(std::string body) {
  static const FixedClock clock;
  const auto https_only = [](std::string_view url) -> Result<void> {
    if (url.starts_with("https://")) return {};
    return Error(Errc::forbidden, "must be an https URL");
  };
  return TaskRequestReader(clock, https_only).read(std::move(body));
}

std::string with(const std::string& members) {
  return R"({"model":"sim/echo","input":"hi",)" + members + "}";
}

std::string shown(const ParsedTaskRequest& parsed) {
  std::string text;
  for (const auto& fault : parsed.faults) text += fault.path + ": " + fault.message + "\n";
  return text;
}

struct FaultCase {
  const char* name;
  std::string body;
  std::vector<std::pair<std::string, std::string>> faults;  ///< path, part of the message
};

std::string repeated(const std::string& unit, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += unit;
  return text;
}

std::vector<FaultCase> fault_cases() {
  return {
      {"no members", "{}", {{"/model", "required"}, {"/input", "required"}}},
      {"array", "[1,2]", {{"", "expected an object, got an array"}}},
      {"string", R"("hi")", {{"", "expected an object, got a string"}}},
      {"model type", R"({"model":7,"input":"x"})", {{"/model", "expected a string"}}},
      {"model null", R"({"model":null,"input":"x"})", {{"/model", "got null (leave"}}},
      {"model empty", R"({"model":"","input":"x"})", {{"/model", "1 to 200"}}},
      {"model long",
       R"({"model":")" + std::string(201, 'm') + R"(","input":"x"})",
       {{"/model", "1 to 200"}}},
      {"model space", R"({"model":"a b","input":"x"})", {{"/model", "visible ASCII"}}},
      {"input empty", R"({"model":"m","input":""})", {{"/input", "must not be empty"}}},
      {"input type", R"({"model":"m","input":{"a":[1]}})", {{"/input", "got an object"}}},
      {"no messages", R"({"model":"m","input":[]})", {{"/input", "at least one"}}},
      {"message type",
       R"({"model":"m","input":["x",[[]]]})",
       {{"/input/0", "got a string"}, {"/input/1", "got an array"}}},
      {"message members",
       R"({"model":"m","input":[{"role":"user","content":"a"},{}]})",
       {{"/input/1/role", "required"}, {"/input/1/content", "required"}}},
      {"role",
       R"({"model":"m","input":[{"role":"usr","content":"a"}]})",
       {{"/input/0/role", "one of system, user, assistant, tool"}}},
      {"content type",
       R"({"model":"m","input":[{"role":"user","content":1.5}]})",
       {{"/input/0/content", "got a number"}}},
      {"no parts",
       R"({"model":"m","input":[{"role":"user","content":[]}]})",
       {{"/input/0/content", "at least one"}}},
      {"part type",
       R"({"model":"m","input":[{"role":"user","content":[{"type":"image","text":""}]}]})",
       {{"/input/0/content/0/type", "not supported by this version"}}},
      {"part members",
       R"({"model":"m","input":[{"role":"user","content":[{"type":"text"},3]}]})",
       {{"/input/0/content/0/text", "required"}, {"/input/0/content/1", "got an integer"}}},
      {"message unknown",
       R"({"model":"m","input":[{"role":"user","contents":"a","content":"b"}]})",
       {{"/input/0/contents", "did you mean \"content\"?"}}},
      {"unknown",
       with(R"("temprature":1,"x/y~z":{"deep":[1]})"),
       {{"/temprature", "did you mean \"temperature\"?"}, {"/x~1y~0z", "not a field"}}},
      {"twice", with(R"("priority":1,"priority":2)"), {{"/priority", "twice"}}},
      {"model twice", with(R"("model":"other")"), {{"/model", "twice"}}},
      {"instructions", with(R"("instructions":["a"])"), {{"/instructions", "got an array"}}},
      {"schema", with(R"("output_schema":"x")"), {{"/output_schema", "JSON Schema"}}},
      {"max_output_tokens", with(R"("max_output_tokens":0)"), {{"/max_output_tokens", "got 0"}}},
      {"max_output_tokens high",
       with(R"("max_output_tokens":1000001)"),
       {{"/max_output_tokens", "from 1 to 1000000"}}},
      {"max_output_tokens float",
       with(R"("max_output_tokens":5.0)"),
       {{"/max_output_tokens", "got a number"}}},
      {"max_output_tokens text",
       with(R"("max_output_tokens":"5")"),
       {{"/max_output_tokens", "got a string"}}},
      {"temperature", with(R"("temperature":2.01)"), {{"/temperature", "from 0 to 2, got 2.01"}}},
      {"temperature low", with(R"("temperature":-1)"), {{"/temperature", "got -1"}}},
      {"temperature type", with(R"("temperature":"1")"), {{"/temperature", "got a string"}}},
      {"seed", with(R"("seed":9223372036854775808)"), {{"/seed", "got 9223372036854775808"}}},
      {"seed type", with(R"("seed":true)"), {{"/seed", "got a boolean"}}},
      {"priority", with(R"("priority":10)"), {{"/priority", "from 0 to 9, got 10"}}},
      {"priority low", with(R"("priority":-1)"), {{"/priority", "got -1"}}},
      {"not_before", with(R"("not_before":"tomorrow")"), {{"/not_before", "RFC 3339"}}},
      {"deadline type", with(R"("deadline":1772357400)"), {{"/deadline", "got an integer"}}},
      {"deadline past",
       with(R"("deadline":"2026-03-01T09:30:00Z")"),
       {{"/deadline", "must lie in the future"}}},
      {"deadline order",
       with(R"("not_before":"2026-03-02T00:00:00Z","deadline":"2026-03-01T23:00:00Z")"),
       {{"/deadline", "later than not_before"}}},
      {"ttl", with(R"("result_ttl_seconds":59)"), {{"/result_ttl_seconds", "from 60"}}},
      {"ttl high", with(R"("result_ttl_seconds":31536001)"), {{"/result_ttl_seconds", "31536000"}}},
      {"metadata type", with(R"("metadata":[])"), {{"/metadata", "got an array"}}},
      {"metadata nested",
       with(R"("metadata":{"a":{"b":1},"c":[]})"),
       {{"/metadata/a", "got an object"}, {"/metadata/c", "got an array"}}},
      {"metadata key",
       with(R"("metadata":{"":1,")" + std::string(65, 'k') + R"(":1})"),
       {{"/metadata/", "1 to 64"}, {"/metadata/" + std::string(65, 'k'), "1 to 64"}}},
      {"metadata twice", with(R"("metadata":{"a":1,"a":2})"), {{"/metadata/a", "twice"}}},
      {"metadata value",
       with(R"("metadata":{"a":")" + std::string(513, 'v') + R"("})"),
       {{"/metadata/a", "512"}}},
      {"tags type", with(R"("tags":"a")"), {{"/tags", "array of strings"}}},
      {"tags",
       with(R"("tags":["a",1,"","a",")" + std::string(65, 't') + R"("])"),
       {{"/tags/1", "got an integer"},
        {"/tags/2", "1 to 64"},
        {"/tags/3", "twice"},
        {"/tags/4", "1 to 64"}}},
      {"webhook type", with(R"("webhook":"https://a.example")"), {{"/webhook", "got a string"}}},
      {"webhook url",
       with(R"("webhook":{"events":["task.success"]})"),
       {{"/webhook/url", "required"}}},
      {"webhook guard",
       with(R"("webhook":{"url":"ftp://a.example"})"),
       {{"/webhook/url", "must be an https URL"}}},
      {"webhook events",
       with(R"("webhook":{"url":"https://a.example","events":["task.succes","output.delta",1]})"),
       {{"/webhook/events/0", "did you mean \"task.success\"?"},
        {"/webhook/events/1", "not announced by webhooks"},
        {"/webhook/events/2", "got an integer"}}},
      {"webhook no events",
       with(R"("webhook":{"url":"https://a.example","events":[]})"),
       {{"/webhook/events", "at least one"}}},
      {"webhook unknown",
       with(R"("webhook":{"url":"https://a.example","evnts":[]})"),
       {{"/webhook/evnts", "did you mean \"events\"?"}}},
      {"on_invalid",
       with(R"("on_invalid":"ignore")"),
       {{"/on_invalid", "one of repair, retry, report"}}},
      {"max_repairs", with(R"("max_repairs":11)"), {{"/max_repairs", "from 0 to 10, got 11"}}},
      {"logprobs", with(R"("logprobs":5)"), {{"/logprobs", "true or false"}}},
      {"context type", with(R"("context":"a")"), {{"/context", "array of documents"}}},
      {"context",
       with(R"("context":["a","",7])"),
       {{"/context/1", "must not be empty"}, {"/context/2", "got an integer"}}},
      {"judge type", with(R"("judge":"sim/echo")"), {{"/judge", "model and rubric"}}},
      {"judge",
       with(R"("judge":{"model":"a b","rubric":1,"strict":true})"),
       {{"/judge/model", "visible ASCII"},
        {"/judge/rubric", "got an integer"},
        {"/judge/strict", "not a field"}}},
      {"catalogues",
       with(R"("output_schema":{},"catalogues":[{"path":"sku","values":[]},{"path":"/a~2"},7])"),
       {{"/catalogues/0/path", "a JSON pointer"},
        {"/catalogues/0/values", "at least one value"},
        {"/catalogues/1/path", "a JSON pointer"},
        {"/catalogues/1/values", "required"},
        {"/catalogues/2", "got an integer"}}},
      {"catalogue without a schema",
       with(R"("catalogues":[{"path":"/a","values":["x"]}])"),
       {{"/catalogues", "needs an output_schema"}}},
      {"severities",
       with(R"("severities":{"refusals":"info","refusal":"bad","truncation":1})"),
       {{"/severities/refusals", "did you mean"},
        {"/severities/refusal", "one of info"},
        {"/severities/truncation", "got an integer"}}},
      {"no severities", with(R"("severities":{})"), {{"/severities", "at least one"}}},
      {"judge without model", with(R"("judge":{"rubric":"x"})"), {{"/judge/model", "required"}}},
      {"on_disconnect later",
       with(R"("on_disconnect":"cancel")"),
       {{"/on_disconnect", "not supported by this version"}}},
      {"samples", with(R"("samples":0)"), {{"/samples", "from 1 to 10, got 0"}}},
      {"samples high", with(R"("samples":11)"), {{"/samples", "got 11"}}},
      {"later fields", with(R"("reasoning":true)"), {{"/reasoning", "not supported"}}},
      {"tools", with(R"("tools":"a")"), {{"/tools", "an array"}}},
      {"no tools", with(R"("tools":[])"), {{"/tools", "at least one"}}},
      {"bad tools",
       with(R"("tools":["a",7,"","a"])"),
       {{"/tools/1", "got an integer"}, {"/tools/2", "1 to 64"}, {"/tools/3", "given twice"}}},
      {"bounds of an agent",
       with(R"("tools":["a"],"max_steps":0,"max_tool_calls":10001)"),
       {{"/max_steps", "from 1 to 1000"}, {"/max_tool_calls", "from 1 to 10000"}}},
      {"bounds without tools",
       with(R"("max_steps":3,"budget":{"usd":1})"),
       {{"/max_steps", "needs tools"}, {"/budget", "needs tools"}}},
      {"empty budget", with(R"("tools":["a"],"budget":{})"), {{"/budget", "tokens, usd"}}},
      {"bad budget",
       with(R"("tools":["a"],"budget":{"tokens":0,"usd":-1,"eur":1})"),
       {{"/budget/tokens", "from 1"}, {"/budget/usd", "above 0"}, {"/budget/eur", "not a field"}}},
      {"fallbacks", with(R"("fallback_models":"sim/echo")"), {{"/fallback_models", "an array"}}},
      {"no fallback", with(R"("fallback_models":[])"), {{"/fallback_models", "at least one"}}},
      {"bad fallbacks",
       with(R"("fallback_models":["a/b",7,"","a b","a/b"])"),
       {{"/fallback_models/1", "got an integer"},
        {"/fallback_models/2", "1 to 200 characters"},
        {"/fallback_models/3", "visible ASCII"},
        {"/fallback_models/4", "given twice"}}},
      {"nine fallbacks",
       with(R"("fallback_models":["a/1","a/2","a/3","a/4","a/5","a/6","a/7","a/8","a/9"])"),
       {{"/fallback_models/8", "at most 8"}}},
      {"itself",
       R"({"model":"sim/echo","input":"x","fallback_models":["a/b","sim/echo"]})",
       {{"/fallback_models/1", "own model"}}},
      {"several at once",
       R"({"model":1,"inputs":"x","priority":"high","tags":[1]})",
       {{"/model", "got an integer"},
        {"/inputs", "did you mean \"input\"?"},
        {"/priority", "got a string"},
        {"/tags/0", "got an integer"},
        {"/input", "required"}}},
  };
}

TEST(TaskRequestReader, ListsEveryFaultWithItsPlace) {
  for (const auto& c : fault_cases()) {
    SCOPED_TRACE(c.name);
    const auto parsed = read(c.body);

    EXPECT_FALSE(parsed.malformed);
    ASSERT_EQ(parsed.faults.size(), c.faults.size()) << shown(parsed);
    for (std::size_t i = 0; i < c.faults.size(); ++i) {
      EXPECT_EQ(parsed.faults[i].path, c.faults[i].first) << shown(parsed);
      EXPECT_NE(parsed.faults[i].message.find(c.faults[i].second), std::string::npos)
          << shown(parsed);
    }
  }
}

TEST(TaskRequestReader, RefusesWhatIsNotJson) {
  const std::vector<std::pair<const char*, std::string>> cases{
      {"empty", ""},
      {"cut", R"({"model":"a")"},
      {"trailing", R"({"model":"a","input":"b"}x)"},
      {"two documents", R"({"model":"a","input":"b"}{})"},
      {"comment", R"({"model":"a",/**/"input":"b"})"},
      {"single quotes", "{'model':'a'}"},
      {"leading zero", R"({"model":"a","input":"b","priority":01})"},
      {"huge number", R"({"model":"a","input":"b","seed":1e999})"},
      {"NUL", std::string("{\"model\":\"a\",\"input\":\"b\"}\0{}", 28)},
      {"UTF-8", "{\"model\":\"a\",\"input\":\"\xC3\x28\"}"},
      {"deep", repeated("[", 200) + repeated("]", 200)},
      {"deep in a field", R"({"model":"a","input":"b","output_schema":)" +
                              repeated("{\"a\":", 200) + "1" + repeated("}", 200) + "}"},
  };
  for (const auto& [name, body] : cases) {
    SCOPED_TRACE(name);
    const auto parsed = read(body);

    EXPECT_TRUE(parsed.malformed);
    ASSERT_EQ(parsed.faults.size(), 1U);
    EXPECT_FALSE(parsed.faults[0].message.empty());
    EXPECT_EQ(parsed.faults[0].message.find("json.exception"), std::string::npos);
  }
}

TEST(TaskRequestReader, TakesEveryFieldOfTheContract) {
  const std::string body = with(
      R"("instructions":"be brief","output_schema":{"type":"object","properties":{"model":{}}},)"
      R"("on_invalid":"retry","max_repairs":0,"samples":3,"context":["d1","d2"],"logprobs":true,)"
      R"("judge":{"model":"sim/json","rubric":"be fair"},)"
      R"("on_disconnect":"continue","max_output_tokens":4096,)"
      R"("temperature":0.2,"seed":-7,"priority":9,"not_before":"2026-03-01T10:00:00+00:30",)"
      R"("deadline":"2026-03-02T00:00:00Z","result_ttl_seconds":60,)"
      R"("webhook":{"url":"https://a.example/h","events":["task.running","task.failed"]},)"
      R"("metadata":{"customer":"Zoë \"Q\"","n":1.50,"big":123456789012345678901234567890,"b":true,"z":null},)"
      R"("tags":["a","é"])");
  const auto parsed = read(body);
  const auto& request = parsed.request;

  ASSERT_TRUE(parsed.faults.empty()) << shown(parsed);
  EXPECT_EQ(request.body, body);
  EXPECT_EQ(request.model, "sim/echo");
  EXPECT_EQ(request.priority, 9);
  EXPECT_TRUE(request.has_output_schema);
  EXPECT_EQ(request.judge_model, "sim/json");
  EXPECT_EQ(to_rfc3339(*request.not_before), "2026-03-01T09:30:00.000Z");
  EXPECT_EQ(to_rfc3339(*request.deadline), "2026-03-02T00:00:00.000Z");
  EXPECT_EQ(request.result_ttl_seconds, 60);
  EXPECT_EQ(request.webhook->url, "https://a.example/h");
  EXPECT_EQ(request.webhook->event_mask, (1U << static_cast<unsigned>(EventType::task_running)) |
                                             (1U << static_cast<unsigned>(EventType::task_failed)));
  EXPECT_EQ(
      request.metadata,
      R"({"customer":"Zoë \"Q\"","n":1.50,"big":123456789012345678901234567890,"b":true,"z":null})");
  EXPECT_EQ(request.tags, R"(["a","é"])");
}

TEST(TaskRequestReader, DefaultsAreThoseOfTheContract) {
  const auto plain = read(R"({"model":"sim/lorem?tokens=200&tps=80","input":"x"})");
  const auto hooked = read(with(R"("webhook":{"url":"https://a.example"})"));
  const auto empty = read(with(R"("metadata":{},"tags":[])"));

  ASSERT_TRUE(plain.faults.empty()) << shown(plain);
  EXPECT_EQ(plain.request.model, "sim/lorem?tokens=200&tps=80");
  EXPECT_EQ(plain.request.priority, 0);
  EXPECT_EQ(plain.request.metadata, "{}");
  EXPECT_EQ(plain.request.tags, "[]");
  EXPECT_FALSE(plain.request.webhook || plain.request.deadline || plain.request.not_before);
  ASSERT_TRUE(hooked.faults.empty()) << shown(hooked);
  std::uint32_t expected = 1U << static_cast<unsigned>(EventType::task_waiting);
  for (const auto type :
       {EventType::task_success, EventType::task_partial_success, EventType::task_failed,
        EventType::task_cancelled, EventType::task_expired})
    expected |= 1U << static_cast<unsigned>(type);
  EXPECT_EQ(hooked.request.webhook->event_mask, expected);
  EXPECT_EQ(empty.request.metadata, "{}");
  EXPECT_EQ(empty.request.tags, "[]");
}

TEST(TaskRequestReader, TakesConversations) {
  const auto parsed =
      read(R"({"input":[{"role":"system","content":"a"},{"content":[{"type":"text","text":"b"},)"
           R"({"text":"","type":"text"}],"role":"user"},{"role":"assistant","content":""},)"
           R"({"role":"tool","content":"d"}],"model":"sim/echo"})");

  EXPECT_TRUE(parsed.faults.empty()) << shown(parsed);
}

TEST(TaskRequestReader, ReservedCharactersOfEveryDepthAreKeptInTheBodyAsTheyCame) {
  const std::string body = "  {\"input\" : \"\\u00e9\\n\" ,\t\"model\":\"sim/echo\"}\n";
  const auto parsed = read(body);

  EXPECT_TRUE(parsed.faults.empty()) << shown(parsed);
  EXPECT_EQ(parsed.request.body, body);
}

TEST(TaskRequestReader, BoundsTheListOfFaults) {
  const auto parsed = read(with(R"("metadata":{)" + [] {
    std::string members;
    for (int i = 0; i < 500; ++i) members += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":[]";
    return members;
  }() + "}"));

  ASSERT_EQ(parsed.faults.size(), kMaxFaults + 1);
  EXPECT_NE(parsed.faults.back().message.find("more faults"), std::string::npos);
}

TEST(TaskRequestReader, BoundsMetadataAndTags) {
  std::string members;
  for (int i = 0; i < 40; ++i)
    members += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":\"" + std::string(500, 'v') + '"';
  std::string tags;
  for (int i = 0; i < 40; ++i) tags += (i > 0 ? ",\"t" : "\"t") + std::to_string(i) + '"';
  const auto large = read(with("\"metadata\":{" + members + "}"));
  const auto many = read(with("\"tags\":[" + tags + "]"));

  ASSERT_EQ(large.faults.size(), 1U) << shown(large);
  EXPECT_EQ(large.faults[0].path, "/metadata");
  EXPECT_NE(large.faults[0].message.find("16 KiB"), std::string::npos);
  ASSERT_EQ(many.faults.size(), 1U) << shown(many);
  EXPECT_NE(many.faults[0].message.find("at most 32"), std::string::npos);
}

// Whatever the bytes, the reader neither crashes nor accepts what a JSON parser refuses.
TEST(TaskRequestReader, AgreesWithTheParserOnDamagedBodies) {
  const std::string good = with(
      R"("metadata":{"a":"b"},"tags":["t"],"webhook":{"url":"https://a.example","events":["task.failed"]},)"
      R"("output_schema":{"x":[1,{}]})");
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char replacement : {'{', '}', '[', ']', '"', ',', ':', '0', 'x'}) {
      std::string damaged = good;
      damaged[i] = replacement;
      const bool is_json = nlohmann::json::accept(damaged);
      EXPECT_EQ(read(damaged).malformed, !is_json) << damaged;
    }
    EXPECT_FALSE(read(good.substr(0, i)).faults.empty());
  }
}

}  // namespace
}  // namespace taskgate::api

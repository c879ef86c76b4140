#include "tools/mcp_messages.hpp"

#include "taskgate/core/json_guard.hpp"
#include "tools/contract.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace taskgate::tools::mcp {
namespace {

using nlohmann::json;
using State = ToolOutcome::State;

constexpr std::size_t kMaxPageTools = 2000;
constexpr std::uint64_t kLargestCode = std::numeric_limits<int>::max();

constexpr std::size_t kMaxMessageDepth = 128;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<bool> hint(const json& tool, const char* name) {
  const auto annotations = tool.find("annotations");
  if (annotations == tool.end() || !annotations->is_object()) return std::nullopt;
  const auto found = annotations->find(name);
  if (found == annotations->end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

// 0 for what is no code. A number too large for one must not come out as another.
int code_of(const json& error) {
  const auto code = error.find("code");
  if (code == error.end() || !code->is_number_integer()) return 0;
  if (code->is_number_unsigned() && code->get<std::uint64_t>() > kLargestCode) return 0;
  const auto value = code->get<std::int64_t>();
  return std::in_range<int>(value) ? static_cast<int>(value) : 0;
}

std::optional<Reply> reply_in(const json& message, std::int64_t id) {
  if (!message.is_object() || message.contains("method")) return std::nullopt;
  const auto found = message.find("id");
  if (found == message.end() || *found != json(id)) return std::nullopt;
  Reply reply;
  // Both at once say nothing: the reply is not one (JSON-RPC 2.0 §5).
  if (message.contains("error") && message.contains("result")) return std::nullopt;
  if (const auto error = message.find("error"); error != message.end() && error->is_object()) {
    reply.error_code = code_of(*error);
    reply.error_message = text_member(*error, "message");
    return reply;
  }
  const auto result = message.find("result");
  if (result == message.end()) return std::nullopt;
  reply.result = *result;
  return reply;
}

// One item of a result's `content`, as a model can read it.
std::string content_text(const json& item) {
  if (!item.is_object()) return {};
  const std::string type = text_member(item, "type");
  if (type == "text") return text_member(item, "text");
  const auto data = item.find("data");
  if (data == item.end() || !data->is_string()) return dumped(item);
  return "[" + type + " " + text_member(item, "mimeType") + ", " +
         std::to_string(data->get_ref<const std::string&>().size()) +
         " characters of base64 left out]";
}

std::string result_text(const json& result) {
  std::string text;
  if (const auto content = result.find("content"); content != result.end()) {
    for (const auto& item : *content) {
      if (!text.empty()) text += '\n';
      text += content_text(item);
    }
  }
  const auto structured = result.find("structuredContent");
  if (text.empty() && structured != result.end()) return dumped(*structured);
  return text;
}

// JSON-RPC 2.0 §5.1: the request could not be read, or there is no such method. Nothing was run.
bool is_before_any_method(int code) {
  return code == -32700 || code == -32601;
}

// Also the request and its parameters were no good: the same call would be refused again. But a
// server may say so after its tool has run, of what the tool gave (the official TypeScript SDK does
// for a result against its output schema).
bool is_refusal(int code) {
  return is_before_any_method(code) || code == -32600 || code == -32602;
}

ToolOutcome error_outcome(const ToolDefinition& definition, const Reply& reply) {
  ToolOutcome outcome;
  const bool definite =
      definition.effect == Effect::read || is_before_any_method(*reply.error_code);
  outcome.state = definite ? State::failed_definite : State::unknown;
  outcome.retryable = definition.effect == Effect::read && !is_refusal(*reply.error_code);
  outcome.is_error = true;
  outcome.evidence = "JSON-RPC error " + std::to_string(*reply.error_code);
  outcome.result = bounded_result(reply.error_message, definition.max_result_bytes, outcome.cut);
  return outcome;
}

}  // namespace

std::string text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_known_version(std::string_view version) noexcept {
  return version == kProtocolVersion || version == "2025-03-26" || version == "2025-11-25";
}

std::string request_text(std::int64_t id, std::string_view method, const json& params) {
  return dumped({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
}

std::string notification_text(std::string_view method) {
  return dumped({{"jsonrpc", "2.0"}, {"method", method}});
}

json initialize_params() {
  return {{"protocolVersion", kProtocolVersion},
          {"capabilities", json::object()},
          {"clientInfo", {{"name", "taskgate"}, {"version", TASKGATE_VERSION}}}};
}

std::string call_text(std::int64_t id,
                      std::string_view tool,
                      std::string_view arguments,
                      const std::string& key) {
  std::string text = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                     R"(,"method":"tools/call","params":{"name":)" + dumped(tool) +
                     R"(,"arguments":)";
  text += arguments;
  if (!key.empty()) text += R"(,"_meta":)" + dumped({{"idempotencyKey", key}});
  return text + "}}";
}

std::optional<Reply> find_reply(std::string_view text, std::int64_t id) {
  constexpr JsonLimits kLimits{kMaxMessage, kMaxMessageDepth};
  if (guard_json(text, kLimits)) return std::nullopt;
  const auto message = json::parse(text, nullptr, false);
  if (!message.is_array()) return reply_in(message, id);
  for (const auto& one : message) {
    if (auto reply = reply_in(one, id)) return reply;
  }
  return std::nullopt;
}

Result<ToolPage> read_tool_page(const json& result, const std::set<std::string>& wanted) {
  const Error malformed(Errc::upstream_rejected, "the server's list of tools is malformed");
  if (!result.is_object()) return malformed;
  const auto tools = result.find("tools");
  if (tools == result.end() || !tools->is_array() || tools->size() > kMaxPageTools) {
    return malformed;
  }
  ToolPage page;
  page.next_cursor = text_member(result, "nextCursor");
  for (const auto& tool : *tools) {
    if (!tool.is_object()) return malformed;
    ListedTool listed;
    listed.name = text_member(tool, "name");
    if (!wanted.contains(listed.name)) continue;
    listed.description = text_member(tool, "description");
    const auto schema = tool.find("inputSchema");
    listed.input_schema = schema != tool.end() ? dumped(*schema) : R"({"type":"object"})";
    listed.read_only = hint(tool, "readOnlyHint");
    listed.destructive = hint(tool, "destructiveHint");
    listed.idempotent = hint(tool, "idempotentHint");
    page.tools.push_back(std::move(listed));
  }
  return page;
}

ToolDefinition merged_definition(ToolDefinition declared, const ListedTool& listed) {
  ToolDefinition merged = std::move(declared);
  if (merged.description.empty()) merged.description = listed.description;
  merged.parameters = listed.input_schema;
  if (listed.read_only == false || listed.destructive == true) merged.effect = Effect::write;
  if (listed.idempotent == false && merged.on_unknown == UnknownPolicy::retry_same_key) {
    merged.on_unknown = UnknownPolicy::ask;
  }
  return merged;
}

ToolOutcome outcome_of(const ToolDefinition& definition, Reply reply) {
  if (reply.error_code) return error_outcome(definition, reply);
  ToolOutcome outcome;
  outcome.state = State::succeeded;
  outcome.evidence = "the server answered";
  const auto error = reply.result.find("isError");
  outcome.is_error =
      reply.result.is_object() && error != reply.result.end() && *error == json(true);
  if (outcome.is_error) outcome.evidence += ", with isError";
  outcome.result =
      bounded_result(reply.result.is_object() ? result_text(reply.result) : dumped(reply.result),
                     definition.max_result_bytes, outcome.cut);
  return outcome;
}

}  // namespace taskgate::tools::mcp

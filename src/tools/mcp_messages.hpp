#pragma once
// What is said to an MCP server and what its answers mean (Model Context Protocol 2025-06-18,
// JSON-RPC 2.0). Pure.

#include "taskgate/core/result.hpp"
#include "taskgate/tools/tool.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::tools::mcp {

/// The version that is asked for, and those that may be answered.
inline constexpr std::string_view kProtocolVersion = "2025-06-18";
bool is_known_version(std::string_view version) noexcept;

/// Bytes of one message of a server: JSON cannot be used when it is cut.
inline constexpr std::size_t kMaxMessage = 8U << 20;

/// A member of an object that is a text; empty when it is absent or anything else, or `object` is.
std::string text_member(const nlohmann::json& object, const char* name);

/// The text of a request, a notification.
std::string request_text(std::int64_t id, std::string_view method, const nlohmann::json& params);
std::string notification_text(std::string_view method);
nlohmann::json initialize_params();
/// The text of a tools/call. `arguments` is JSON text and goes as it is: a number that was read and
/// written again may be another one. `key` goes into `_meta`, for servers that look there.
std::string call_text(std::int64_t id,
                      std::string_view tool,
                      std::string_view arguments,
                      const std::string& key);

/// An answer to a request.
struct Reply {
  nlohmann::json result;          ///< null for an error
  std::optional<int> error_code;  ///< JSON-RPC 2.0 §5.1
  std::string error_message;
};

/// The reply to request `id` in one message, or in a batch of them; nullopt when the text is
/// another message (a notification, a request of the server's, the reply to another id), no
/// message at all, longer than kMaxMessage or nested deeper than 128.
std::optional<Reply> find_reply(std::string_view text, std::int64_t id);

/// A tool as tools/list describes it. Hints that are absent are unset.
struct ListedTool {
  std::string name;
  std::string description;
  std::string input_schema;  ///< JSON text
  std::optional<bool> read_only;
  std::optional<bool> destructive;
  std::optional<bool> idempotent;
};

struct ToolPage {
  std::vector<ListedTool> tools;
  std::string next_cursor;  ///< empty: the last page
};

/// The tools of `wanted` names on a page: a server may offer many more. Errors:
/// Errc::upstream_rejected for what is no page of tools.
Result<ToolPage> read_tool_page(const nlohmann::json& result, const std::set<std::string>& wanted);

/// The operator's definition with the server's words and schema. Hints only lower what the tool may
/// be used for: readOnlyHint false or destructiveHint true make a `read` a write, idempotentHint
/// false makes retry_same_key `ask`. That a server calls itself harmless changes nothing.
ToolDefinition merged_definition(ToolDefinition declared, const ListedTool& listed);

/// What a tools/call reply means for the call.
ToolOutcome outcome_of(const ToolDefinition& definition, Reply reply);

}  // namespace taskgate::tools::mcp

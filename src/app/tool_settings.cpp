// The tables of what stands under `tools`, `mcp_servers` and `prices`.

#include "app/settings.hpp"

#include <algorithm>
#include <array>

namespace taskgate::app {
namespace {

using Definition = tools::ToolDefinition;

constexpr std::int64_t kTenMinutesMs = 600'000;
constexpr std::int64_t kTenYearsSeconds = 315'360'000;
constexpr std::int64_t kMostResultBytes = 4 << 20;

constexpr std::array<std::string_view, 2> kEffects{"read", "write"};
constexpr std::array<std::string_view, 3> kUnknownPolicies{"ask", "reconcile", "retry_same_key"};
constexpr std::array<std::string_view, 3> kRepeats{"collapse", "allow", "reject"};
constexpr std::array<std::string_view, 2> kApprovals{"none", "required"};
constexpr std::array<std::string_view, 5> kToolMethods{"POST", "PUT", "PATCH", "DELETE", "GET"};

// The enumerators stand in the order of their names.
template <class Enum, std::size_t N>
Enum named(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

const Choice<ToolConfig> kEffect{
    kEffects, [](const ToolConfig& t) { return tools::to_string(t.definition.effect); },
    [](ToolConfig& t, std::string_view name) {
      t.definition.effect = named<tools::Effect>(kEffects, name);
    }};
const Choice<ToolConfig> kOnUnknown{
    kUnknownPolicies, [](const ToolConfig& t) { return tools::to_string(t.definition.on_unknown); },
    [](ToolConfig& t, std::string_view name) {
      t.definition.on_unknown = named<tools::UnknownPolicy>(kUnknownPolicies, name);
    }};
const Choice<ToolConfig> kRepeat{
    kRepeats, [](const ToolConfig& t) { return tools::to_string(t.definition.repeat); },
    [](ToolConfig& t, std::string_view name) {
      t.definition.repeat = named<tools::Repeat>(kRepeats, name);
    }};
const Choice<ToolConfig> kApproval{
    kApprovals, [](const ToolConfig& t) { return tools::to_string(t.definition.approval); },
    [](ToolConfig& t, std::string_view name) {
      t.definition.approval = named<tools::Approval>(kApprovals, name);
    }};
const Choice<ToolConfig> kMethod{kToolMethods,
                                 [](const ToolConfig& t) { return to_string(t.http.method); },
                                 [](ToolConfig& t, std::string_view name) {
                                   t.http.method = named<ToolMethod>(kToolMethods, name);
                                 }};

template <auto Member>
constexpr auto in_tool = &reach<ToolConfig, Member>;
template <auto Member>
constexpr auto in_definition = &reach<ToolConfig, &ToolConfig::definition, Member>;
template <auto Member>
constexpr auto in_http = &reach<ToolConfig, &ToolConfig::http, Member>;
template <auto Member>
constexpr auto in_mcp = &reach<McpServerConfig, Member>;
template <auto Member>
constexpr auto in_price = &reach<PriceConfig, Member>;

constexpr std::string_view kDescriptionMeaning = "What the tool does, for the model.";
constexpr std::string_view kEffectMeaning =
    "`read`: changes nothing and may be sent again; `write`: executed at most once, unless the "
    "tool's policy or a person says otherwise (docs/agents.md).";
constexpr std::string_view kRepeatMeaning =
    "The same write asked for again in one task: `collapse` answers with what the first one gave, "
    "`allow` executes again, `reject` tells the model that it is a mistake.";
constexpr std::string_view kApprovalMeaning =
    "`required`: somebody must agree to each call before it is sent.";
constexpr std::string_view kIgnoreMeaning =
    "JSON pointers of arguments that do not make a call another one (request ids, times of day).";
constexpr std::string_view kHeaderMeaning = "Header field that carries a write's key.";
constexpr std::string_view kWindowMeaning =
    "Seconds for which the downstream remembers a key; past it `retry_same_key` becomes `ask`. 0: "
    "for ever.";
constexpr std::string_view kStatusMeaning =
    "Statuses with which the downstream says that it has not executed; any other failure of a "
    "write is unknown.";
constexpr std::string_view kResultMeaning =
    "Bytes of an answer that the model sees; the rest is cut off.";
constexpr std::string_view kAttemptsMeaning =
    "Sends of a read that fails, and of a write that failed for certain.";
constexpr std::string_view kTimeoutMeaning = "Milliseconds for one call, connecting included.";
constexpr std::string_view kPrivateMeaning =
    "The host may lie in a private network or on this machine, and be spoken to over http; else "
    "only https to public addresses.";
constexpr std::string_view kToolHeadersMeaning =
    "Further header fields for every request, name to value.";

// clang-format off
const Setting<ToolConfig> kToolSettings[] = {
    {"enabled", in_tool<&ToolConfig::enabled>, 0, 0, "Offer this tool."},
    {"description", in_definition<&Definition::description>, 0, 0, kDescriptionMeaning},
    {"parameters", in_tool<&ToolConfig::parameters>, 0, 0,
     "JSON Schema of the arguments, of `\"type\": \"object\"`. Required."},
    {"effect", kEffect, 0, 0, kEffectMeaning},
    {"on_unknown", kOnUnknown, 0, 0,
     "A write of which nobody knows whether it happened: `ask` somebody, `reconcile` by asking the tool for its key, `retry_same_key` (only where the tool answers a key that it knows without executing again)."},
    {"repeat", kRepeat, 0, 0, kRepeatMeaning},
    {"approval", kApproval, 0, 0, kApprovalMeaning},
    {"ignore_args", in_definition<&Definition::ignore_args>, 0, 0, kIgnoreMeaning},
    {"idempotency_header", in_definition<&Definition::idempotency_header>, 0, 0, kHeaderMeaning},
    {"key_window_seconds", in_tool<&ToolConfig::key_window>, 0, kTenYearsSeconds, kWindowMeaning},
    {"not_executed_status", in_definition<&Definition::not_executed_status>, 400, 599, kStatusMeaning},
    {"max_result_bytes", in_definition<&Definition::max_result_bytes>, 256, kMostResultBytes, kResultMeaning},
    {"max_attempts", in_definition<&Definition::max_attempts>, 1, 20, kAttemptsMeaning},
    {"http/method", kMethod, 0, 0,
     "GET and DELETE carry the arguments as query parameters, the others as a JSON body."},
    {"http/url", in_http<&ToolHttpConfig::url>, 0, 0, "Where the call goes. Required."},
    {"http/headers", in_http<&ToolHttpConfig::headers>, 0, 0, kToolHeadersMeaning, true},
    {"http/reconcile_url", in_http<&ToolHttpConfig::reconcile_url>, 0, 0,
     "Where a key can be asked for, with `{key}` in it: 2xx (but 202) means executed, 404 not executed, anything else unknown."},
    {"http/allow_private", in_http<&ToolHttpConfig::allow_private>, 0, 0, kPrivateMeaning},
    {"http/timeout_ms", in_definition<&Definition::timeout>, 10, kTenMinutesMs, kTimeoutMeaning},
};

const Setting<ToolConfig> kMcpToolSettings[] = {
    {"enabled", in_tool<&ToolConfig::enabled>, 0, 0, "Offer this tool."},
    {"as", in_tool<&ToolConfig::as>, 0, 0, "Its name here; empty: `server.tool`."},
    {"description", in_definition<&Definition::description>, 0, 0,
     "In place of what the server says of it; empty: that."},
    {"effect", kEffect, 0, 0, kEffectMeaning},
    {"on_unknown", kOnUnknown, 0, 0,
     "A write of which nobody knows whether it happened: `ask` somebody, or `retry_same_key` (only where the server answers a key that it knows without executing again)."},
    {"repeat", kRepeat, 0, 0, kRepeatMeaning},
    {"approval", kApproval, 0, 0, kApprovalMeaning},
    {"ignore_args", in_definition<&Definition::ignore_args>, 0, 0, kIgnoreMeaning},
    {"idempotency_header", in_definition<&Definition::idempotency_header>, 0, 0, kHeaderMeaning},
    {"key_window_seconds", in_tool<&ToolConfig::key_window>, 0, kTenYearsSeconds, kWindowMeaning},
    {"not_executed_status", in_definition<&Definition::not_executed_status>, 400, 599, kStatusMeaning},
    {"max_result_bytes", in_definition<&Definition::max_result_bytes>, 256, kMostResultBytes, kResultMeaning},
    {"max_attempts", in_definition<&Definition::max_attempts>, 1, 20, kAttemptsMeaning},
    {"timeout_ms", in_definition<&Definition::timeout>, 10, kTenMinutesMs, kTimeoutMeaning},
};

const Setting<McpServerConfig> kMcpServerSettings[] = {
    {"enabled", in_mcp<&McpServerConfig::enabled>, 0, 0, "Offer this server's tools."},
    {"url", in_mcp<&McpServerConfig::url>, 0, 0, "The server's MCP endpoint (Streamable HTTP). Required."},
    {"headers", in_mcp<&McpServerConfig::headers>, 0, 0, kToolHeadersMeaning, true},
    {"allow_private", in_mcp<&McpServerConfig::allow_private>, 0, 0, kPrivateMeaning},
    {"timeout_ms", in_mcp<&McpServerConfig::timeout>, 10, kTenMinutesMs,
     "Milliseconds for each exchange that is no call of a tool."},
    {"refresh_seconds", in_mcp<&McpServerConfig::refresh>, 1, 86'400,
     "Seconds after which the server's list of tools is asked for again."},
};

const Setting<PriceConfig> kPriceSettings[] = {
    {"input_per_million", in_price<&PriceConfig::input_per_million>, 0, 1'000'000,
     "US dollars for a million tokens of input."},
    {"output_per_million", in_price<&PriceConfig::output_per_million>, 0, 1'000'000,
     "US dollars for a million tokens of output."},
    {"cached_input_per_million", in_price<&PriceConfig::cached_input_per_million>, -1, 1'000'000,
     "The same for input that the provider read from its cache; -1: as any input."},
    {"cache_write_per_million", in_price<&PriceConfig::cache_write_per_million>, -1, 1'000'000,
     "The same for input that the provider wrote to its cache; -1: as any input."},
};
// clang-format on

}  // namespace

const char* to_string(ToolMethod method) noexcept {
  return kToolMethods[static_cast<std::size_t>(method)].data();
}

std::span<const Setting<ToolConfig>> tool_settings() {
  return kToolSettings;
}

std::span<const Setting<ToolConfig>> mcp_tool_settings() {
  return kMcpToolSettings;
}

std::span<const Setting<McpServerConfig>> mcp_server_settings() {
  return kMcpServerSettings;
}

std::span<const Setting<PriceConfig>> price_settings() {
  return kPriceSettings;
}

}  // namespace taskgate::app

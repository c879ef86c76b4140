#include "api/key_request.hpp"

#include "api/characters.hpp"
#include "taskgate/core/json_guard.hpp"
#include "taskgate/core/json_pointer.hpp"
#include "taskgate/core/suggest.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace taskgate::api {
namespace {

using nlohmann::json;

constexpr auto kKeyFields =
    std::to_array<std::string_view>({"name", "scopes", "tenant", "expires_in_seconds"});
constexpr std::size_t kMaxKeyName = 100;  // characters
constexpr std::int64_t kMinExpiry = 60;
constexpr std::int64_t kMaxExpiry = 10LL * 31'536'000;  // ten years

void read_scopes(const json& value, KeyRequest& wanted, std::vector<Fault>& faults) {
  if (!value.is_array() || value.empty()) {
    faults.push_back({"/scopes", "expected a non-empty array of read, submit, operate, admin"});
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto scope =
        value[i].is_string() ? parse_scope(value[i].get_ref<const std::string&>()) : std::nullopt;
    if (scope) {
      wanted.scopes |= static_cast<ScopeSet>(*scope);
    } else if (faults.size() < 20) {
      faults.push_back({"/scopes/" + std::to_string(i), "expected read, submit, operate or admin"});
    }
  }
}

void read_expiry(const json& value, KeyRequest& wanted, std::vector<Fault>& faults) {
  // Compared as double: a number past int64 must not wrap into range.
  const bool fits = value.is_number_integer() && value.get<double>() >= kMinExpiry &&
                    value.get<double>() <= static_cast<double>(kMaxExpiry);
  if (fits) {
    wanted.expires_in = std::chrono::seconds(value.get<std::int64_t>());
  } else {
    faults.push_back({"/expires_in_seconds", "expected an integer from " +
                                                 std::to_string(kMinExpiry) + " to " +
                                                 std::to_string(kMaxExpiry)});
  }
}

void read_name(const json& document, KeyRequest& wanted, std::vector<Fault>& faults) {
  const auto name = document.find("name");
  if (name == document.end()) {
    faults.push_back({"/name", "is required"});
    return;
  }
  if (name->is_string()) wanted.name = name->get<std::string>();
  if (wanted.name.empty() || count_characters(wanted.name) > kMaxKeyName)
    faults.push_back({"/name", "expected a string of 1 to 100 characters"});
}

void read_tenant(const json& value, KeyRequest& wanted, std::vector<Fault>& faults) {
  wanted.tenant = value.is_string() ? value.get<std::string>() : std::string();
  if (!is_tenant_name(wanted.tenant))
    faults.push_back(
        {"/tenant",
         "expected 1 to 64 characters of A-Z a-z 0-9 . _ -, beginning with a letter or "
         "digit"});
}

void refuse_unknown(const json& document, std::vector<Fault>& faults) {
  for (const auto& [name, value] : document.items()) {
    const bool known = std::find(kKeyFields.begin(), kKeyFields.end(), name) != kKeyFields.end();
    if (known || faults.size() >= 20) continue;
    std::string path;
    append_pointer_segment(path, std::string_view(name).substr(0, 64));
    const std::string hint = name.size() <= 64 ? did_you_mean(name, kKeyFields) : std::string();
    faults.push_back({std::move(path), "is not a field that is known here" + hint});
  }
}

}  // namespace

KeyRequest read_key_request(const std::string& body, std::string_view default_tenant) {
  KeyRequest wanted;
  wanted.tenant = default_tenant;
  const auto guard = guard_json(body);
  const auto document = guard ? json(json::value_t::discarded) : json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    wanted.problem.emplace(ProblemCode::malformed_request, "the body is not valid JSON");
    return wanted;
  }
  std::vector<Fault> faults;
  if (!document.is_object()) {
    faults.push_back({"", "expected an object"});
  } else {
    refuse_unknown(document, faults);
    read_name(document, wanted, faults);
    if (document.contains("tenant")) read_tenant(document["tenant"], wanted, faults);
    read_scopes(document.contains("scopes") ? document["scopes"] : json(), wanted, faults);
    if (document.contains("expires_in_seconds"))
      read_expiry(document["expires_in_seconds"], wanted, faults);
  }
  if (!faults.empty()) {
    wanted.problem.emplace(ProblemCode::invalid_request, "the key cannot be made; see errors");
    wanted.problem->faults = std::move(faults);
  }
  return wanted;
}

}  // namespace taskgate::api

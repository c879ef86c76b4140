// How a setting's value is read from JSON or text, and written back.

#include "app/setting_kinds.hpp"
#include "app/settings.hpp"
#include "taskgate/core/suggest.hpp"
#include "taskgate/observe/redact.hpp"

#include <charconv>
#include <limits>
#include <type_traits>

namespace taskgate::app {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
constexpr bool is_number = std::is_same_v<T, int> || std::is_same_v<T, std::size_t> ||
                           std::is_same_v<T, milliseconds> || std::is_same_v<T, seconds>;

template <class T>
struct Reached;
template <class Owner, class T>
struct Reached<T& (*)(Owner&)> {
  using type = T;
};

// Calls `use(kind, binding)`: `kind` is a std::type_identity of the value's type, or of Choice.
template <class Owner, class Use>
auto by_kind(const Setting<Owner>& setting, Use use) {
  return std::visit(
      [&](const auto& binding) {
        using B = std::decay_t<decltype(binding)>;
        if constexpr (std::is_same_v<B, Choice<Owner>>) {
          return use(std::type_identity<Choice<Owner>>{}, binding);
        } else {
          return use(std::type_identity<typename Reached<B>::type>{}, binding);
        }
      },
      setting.binding);
}

std::string list_of(std::span<const std::string_view> names, std::string_view quote) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
    list.append(quote).append(names[i]).append(quote);
  }
  return list;
}

// What was found, for "got …". Long values are cut.
std::string got(const json& value, bool secret) {
  const std::string kind = value.type_name();
  if (value.is_object() || value.is_array() || value.is_null()) return "got " + kind;
  if (secret) return "got a " + kind;
  std::string text = log::redact(value.dump(-1, ' ', false, json::error_handler_t::replace));
  if (text.size() > 60) text = text.substr(0, 57) + "…";
  return "got " + text + (value.is_string() ? " (string)" : "");
}

template <class Owner>
std::string expected_of(const Setting<Owner>& setting) {
  return by_kind(setting, [&](auto kind, const auto& binding) -> std::string {
    using T = typename decltype(kind)::type;
    if constexpr (is_number<T>) {
      return "integer " + std::to_string(setting.minimum) + ".." + std::to_string(setting.maximum);
    } else if constexpr (std::is_same_v<T, bool>) {
      return "true or false";
    } else if constexpr (std::is_same_v<T, std::string>) {
      return "string";
    } else if constexpr (std::is_same_v<T, ListenAddress>) {
      return "\"host:port\"";
    } else if constexpr (std::is_same_v<T, std::vector<std::uint16_t>>) {
      return "list of ports 1..65535";
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      return "list of strings";
    } else if constexpr (std::is_same_v<T, std::vector<int>>) {
      return "list of integers " + std::to_string(setting.minimum) + ".." +
             std::to_string(setting.maximum);
    } else if constexpr (std::is_same_v<T, double>) {
      return "number " + std::to_string(setting.minimum) + ".." + std::to_string(setting.maximum);
    } else if constexpr (std::is_same_v<T, JsonText>) {
      return "object, a JSON Schema";
    } else if constexpr (std::is_same_v<T, HeaderMap>) {
      return "object of header fields, name to value";
    } else {
      return list_of(binding.names, "\"");
    }
  });
}

std::string unit_hint(std::string_view path, const json& value) {
  if (!value.is_string()) return "";
  if (path.ends_with("_ms")) return "a number of milliseconds, e.g. 2000";
  if (path.ends_with("_seconds")) return "a number of seconds, e.g. 3600";
  if (path.ends_with("_bytes")) return "a number of bytes, e.g. 1048576";
  return "a number, without quotes";
}

template <class T>
T number_as(std::int64_t number) {
  if constexpr (std::is_same_v<T, milliseconds> || std::is_same_v<T, seconds>) {
    return T{number};
  } else {
    return static_cast<T>(number);
  }
}

template <class T>
std::int64_t number_from(const T& value) {
  if constexpr (std::is_same_v<T, milliseconds> || std::is_same_v<T, seconds>) {
    return value.count();
  } else {
    return static_cast<std::int64_t>(value);
  }
}

std::optional<std::int64_t> integer_in(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

json ports_in(const std::string& text) {
  json list = json::array();
  for (std::size_t pos = 0; pos < text.size();) {
    const auto comma = std::min(text.find(',', pos), text.size());
    const auto port = integer_in(std::string_view(text).substr(pos, comma - pos));
    if (!port) return text;
    list.push_back(*port);
    pos = comma + 1;
  }
  return list;
}

json texts_in(const std::string& text) {
  json list = json::array();
  for (std::size_t pos = 0; pos < text.size();) {
    const auto comma = std::min(text.find(',', pos), text.size());
    list.push_back(text.substr(pos, comma - pos));
    pos = comma + 1;
  }
  return list;
}

// Which element of a value that was refused is to blame, for the kinds that have elements.
template <class T, class Owner>
std::optional<FaultyElement> faulty_part(const Setting<Owner>& setting, const json& value) {
  if constexpr (std::is_same_v<T, std::vector<int>>) {
    return faulty_integer(value, setting.minimum, setting.maximum);
  } else if constexpr (std::is_same_v<T, std::vector<std::uint16_t>>) {
    return faulty_integer(value, 1, 65'535);
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return faulty_text(value);
  } else if constexpr (std::is_same_v<T, HeaderMap>) {
    return faulty_header(value);
  } else {
    return std::nullopt;
  }
}

}  // namespace

template <class Owner>
std::optional<Complaint> assign(Owner& owner, const Setting<Owner>& setting, const json& value) {
  return by_kind(setting, [&](auto kind, const auto& binding) -> std::optional<Complaint> {
    using T = typename decltype(kind)::type;
    std::string hint;
    if constexpr (is_number<T>) {
      if (const auto number = bounded_integer(value, setting.minimum, setting.maximum)) {
        binding(owner) = number_as<T>(*number);
        return std::nullopt;
      }
      hint = unit_hint(setting.path, value);
    } else if constexpr (std::is_same_v<T, Choice<Owner>>) {
      if (value.is_string()) {
        const auto& given = value.get_ref<const std::string&>();
        for (const auto name : binding.names) {
          if (name != given) continue;
          binding.set(owner, name);
          return std::nullopt;
        }
        if (const auto guess = closest(given, binding.names))
          hint = "did you mean \"" + *guess + "\"?";
      }
    } else if constexpr (std::is_same_v<T, double>) {
      if (take_number(binding(owner), value, setting.minimum, setting.maximum)) return std::nullopt;
    } else if constexpr (std::is_same_v<T, std::vector<int>>) {
      if (take_integers(binding(owner), value, setting.minimum, setting.maximum))
        return std::nullopt;
    } else {
      if (take(binding(owner), value)) return std::nullopt;
      if (std::is_same_v<T, ListenAddress>) hint = "e.g. \"127.0.0.1:8080\" or \"[::1]:8080\"";
    }
    if (const auto part = faulty_part<T>(setting, value)) {
      const bool secret = setting.secret || std::is_same_v<T, HeaderMap>;
      return Complaint{"expected " + part->expected + ", " + got(part->value, secret), hint,
                       part->below};
    }
    return Complaint{"expected " + expected_of(setting) + ", " + got(value, setting.secret), hint};
  });
}

template <class Owner>
json from_text(const Setting<Owner>& setting, const std::string& text) {
  return by_kind(setting, [&](auto kind, const auto&) -> json {
    using T = typename decltype(kind)::type;
    if constexpr (is_number<T>) {
      if (const auto number = integer_in(text)) return *number;
    } else if constexpr (std::is_same_v<T, bool>) {
      if (text == "true" || text == "1") return true;
      if (text == "false" || text == "0") return false;
    } else if constexpr (std::is_same_v<T, std::vector<std::uint16_t>>) {
      return ports_in(text);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      return texts_in(text);
    } else if constexpr (std::is_same_v<T, HeaderMap>) {
      json parsed = json::parse(text, nullptr, false);
      if (parsed.is_object()) return parsed;
    }
    return text;
  });
}

template <class Owner>
ordered_json show(Owner owner, const Setting<Owner>& setting) {
  return by_kind(setting, [&](auto kind, const auto& binding) -> ordered_json {
    using T = typename decltype(kind)::type;
    if constexpr (is_number<T>) {
      return number_from(binding(owner));
    } else if constexpr (std::is_same_v<T, Choice<Owner>>) {
      return binding.get(owner);
    } else if constexpr (std::is_same_v<T, std::string>) {
      const std::string& text = binding(owner);
      return setting.secret ? log::mask_secret(text) : log::redact(text);
    } else {
      return shown(binding(owner));
    }
  });
}

template <class Owner>
ordered_json schema_of(const Setting<Owner>& setting) {
  return by_kind(setting, [&](auto kind, const auto& binding) -> ordered_json {
    using T = typename decltype(kind)::type;
    ordered_json schema;
    if constexpr (is_number<T>) {
      schema = {{"type", "integer"}, {"minimum", setting.minimum}, {"maximum", setting.maximum}};
    } else if constexpr (std::is_same_v<T, bool>) {
      schema = {{"type", "boolean"}};
    } else if constexpr (std::is_same_v<T, std::vector<std::uint16_t>>) {
      schema = {{"type", "array"},
                {"items", {{"type", "integer"}, {"minimum", 1}, {"maximum", 65'535}}}};
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
    } else if constexpr (std::is_same_v<T, std::vector<int>>) {
      schema = {
          {"type", "array"},
          {"items",
           {{"type", "integer"}, {"minimum", setting.minimum}, {"maximum", setting.maximum}}}};
    } else if constexpr (std::is_same_v<T, double>) {
      schema = {{"type", "number"}, {"minimum", setting.minimum}, {"maximum", setting.maximum}};
    } else if constexpr (std::is_same_v<T, JsonText>) {
      schema = {{"type", "object"}};
    } else if constexpr (std::is_same_v<T, HeaderMap>) {
      schema = {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    } else {
      schema = {{"type", "string"}};
      if constexpr (std::is_same_v<T, Choice<Owner>>) schema["enum"] = binding.names;
    }
    schema["description"] = setting.meaning;
    return schema;
  });
}

template <class Owner>
std::string describe_type(const Setting<Owner>& setting) {
  return by_kind(setting, [&](auto kind, const auto& binding) -> std::string {
    using T = typename decltype(kind)::type;
    if constexpr (std::is_same_v<T, Choice<Owner>>) {
      return list_of(binding.names, "`");
    } else {
      return expected_of(setting);
    }
  });
}

template std::optional<Complaint> assign(Config&, const Setting<Config>&, const json&);
template std::optional<Complaint> assign(ProviderConfig&,
                                         const Setting<ProviderConfig>&,
                                         const json&);
template std::optional<Complaint> assign(ToolConfig&, const Setting<ToolConfig>&, const json&);
template std::optional<Complaint> assign(McpServerConfig&,
                                         const Setting<McpServerConfig>&,
                                         const json&);
template std::optional<Complaint> assign(PriceConfig&, const Setting<PriceConfig>&, const json&);
template json from_text(const Setting<Config>&, const std::string&);
template json from_text(const Setting<ProviderConfig>&, const std::string&);
template ordered_json show(Config, const Setting<Config>&);
template ordered_json show(ProviderConfig, const Setting<ProviderConfig>&);
template ordered_json show(ToolConfig, const Setting<ToolConfig>&);
template ordered_json show(McpServerConfig, const Setting<McpServerConfig>&);
template ordered_json show(PriceConfig, const Setting<PriceConfig>&);
template ordered_json schema_of(const Setting<Config>&);
template ordered_json schema_of(const Setting<ProviderConfig>&);
template ordered_json schema_of(const Setting<ToolConfig>&);
template ordered_json schema_of(const Setting<McpServerConfig>&);
template ordered_json schema_of(const Setting<PriceConfig>&);
template std::string describe_type(const Setting<Config>&);
template std::string describe_type(const Setting<ProviderConfig>&);
template std::string describe_type(const Setting<ToolConfig>&);
template std::string describe_type(const Setting<McpServerConfig>&);
template std::string describe_type(const Setting<PriceConfig>&);

}  // namespace taskgate::app

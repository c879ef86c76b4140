#include "quality/corpus.hpp"

#include <cctype>
#include <fstream>
#include <functional>
#include <stdexcept>

namespace taskgate::quality {

using nlohmann::json;

namespace {

using Pointer = json::json_pointer;

// Every place of a document that a predicate takes.
std::vector<Pointer> places(const json& document, const std::function<bool(const json&)>& wanted) {
  std::vector<Pointer> found;
  const std::function<void(const json&, const Pointer&)> walk = [&](const json& value,
                                                                    const Pointer& at) {
    if (wanted(value)) found.push_back(at);
    if (value.is_object()) {
      for (const auto& [name, member] : value.items()) walk(member, at / name);
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) walk(value[i], at / i);
    }
  };
  walk(document, Pointer());
  return found;
}

std::optional<Pointer> one_of(const std::vector<Pointer>& found, std::mt19937_64& random) {
  if (found.empty()) return std::nullopt;
  return found[random() % found.size()];
}

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') {
      words.emplace_back();
    } else if (std::isupper(static_cast<unsigned char>(c)) != 0 && !words.back().empty()) {
      words.emplace_back(1, static_cast<char>(std::tolower(c)));
    } else {
      words.back() += static_cast<char>(std::tolower(c));
    }
  }
  return words;
}

std::string capitalised(std::string word) {
  if (!word.empty()) word[0] = static_cast<char>(std::toupper(word[0]));
  return word;
}

std::string joined(const std::vector<std::string>& words, const char* between, bool capitals) {
  std::string name;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) name += between;
    name += capitals && (i > 0 || *between == ' ') ? capitalised(words[i]) : words[i];
  }
  return name;
}

Mutation mutation(const json& changed, const json& document, bool meant) {
  Mutation made{changed.dump(), std::nullopt};
  if (meant) made.expected = document;
  return made;
}

// One member of one object gets another name; `rename` returns the new one, or the old to skip.
std::optional<Mutation> renamed(const json& document,
                                std::mt19937_64& random,
                                const std::function<std::string(const std::string&)>& rename,
                                bool meant) {
  const auto holder =
      one_of(places(document, [](const json& v) { return v.is_object() && !v.empty(); }), random);
  if (!holder) return std::nullopt;
  json changed = document;
  json& object = changed[*holder];
  auto member = object.begin();
  std::advance(member, static_cast<std::ptrdiff_t>(random() % object.size()));
  const std::string old_name = member.key();
  const std::string new_name = rename(old_name);
  if (new_name == old_name || object.contains(new_name)) return std::nullopt;
  json value = member.value();
  object.erase(old_name);
  object[new_name] = std::move(value);
  return mutation(changed, document, meant);
}

std::optional<Mutation> replaced(const json& document,
                                 std::mt19937_64& random,
                                 const std::function<bool(const json&)>& wanted,
                                 const std::function<json(const json&)>& change,
                                 bool meant) {
  const auto place = one_of(places(document, wanted), random);
  if (!place || place->empty()) return std::nullopt;
  json changed = document;
  changed[*place] = change(changed[*place]);
  return mutation(changed, document, meant);
}

// --- mutators -----------------------------------------------------------------------------------

std::optional<Mutation> other_case(const json&, const json& document, std::mt19937_64& random) {
  return renamed(
      document, random,
      [](const std::string& name) {
        const auto words = words_of(name);
        return name.find('_') != std::string::npos ? joined(words, "", true)
                                                   : joined(words, "_", false);
      },
      true);
}

std::optional<Mutation> title_case(const json&, const json& document, std::mt19937_64& random) {
  return renamed(
      document, random, [](const std::string& name) { return joined(words_of(name), " ", true); },
      true);
}

std::optional<Mutation> kebab_case(const json&, const json& document, std::mt19937_64& random) {
  return renamed(
      document, random, [](const std::string& name) { return joined(words_of(name), "-", false); },
      true);
}

std::optional<Mutation> all_names(const json&, const json& document, std::mt19937_64&) {
  const std::function<json(const json&)> walk = [&](const json& value) {
    json made = value;
    if (value.is_object()) {
      made = json::object();
      for (const auto& [name, member] : value.items())
        made[joined(words_of(name), name.find('_') != std::string::npos ? "" : "_",
                    name.find('_') != std::string::npos)] = walk(member);
    } else if (value.is_array()) {
      for (auto& element : made) element = walk(element);
    }
    return made;
  };
  return Mutation{walk(document).dump(), document};
}

std::optional<Mutation> misspelt(const json&, const json& document, std::mt19937_64& random) {
  return renamed(
      document, random,
      [&](std::string name) {
        if (name.size() < 5) return name;
        std::swap(name[name.size() / 2], name[name.size() / 2 - 1]);
        return name;
      },
      true);
}

std::optional<Mutation> number_as_string(const json&,
                                         const json& document,
                                         std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_number(); },
      [](const json& v) { return json(v.dump()); }, true);
}

std::optional<Mutation> boolean_as_string(const json&,
                                          const json& document,
                                          std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_boolean(); },
      [&](const json& v) {
        const bool capital = random() % 2 == 0;
        return json(v.get<bool>() ? (capital ? "True" : "true") : (capital ? "False" : "false"));
      },
      true);
}

std::optional<Mutation> object_as_string(const json&,
                                         const json& document,
                                         std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_structured() && !v.empty(); },
      [](const json& v) { return json(v.dump()); }, true);
}

std::optional<Mutation> scalar_for_array(const json&,
                                         const json& document,
                                         std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_array() && v.size() == 1; },
      [](const json& v) { return v.front(); }, true);
}

std::optional<Mutation> list_around_value(const json&,
                                          const json& document,
                                          std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_primitive() && !v.is_null(); },
      [](const json& v) { return json::array({v}); }, true);
}

std::optional<Mutation> string_as_number(const json&,
                                         const json& document,
                                         std::mt19937_64& random) {
  return replaced(
      document, random,
      [](const json& v) {
        return v.is_string() && v.get<std::string>().size() < 10 && !v.get<std::string>().empty() &&
               v.get<std::string>()[0] != '0' &&
               v.get<std::string>().find_first_not_of("0123456789") == std::string::npos;
      },
      [](const json& v) { return json(std::stoll(v.get<std::string>())); }, true);
}

std::optional<Mutation> value_in_capitals(const json& schema,
                                          const json& document,
                                          std::mt19937_64& random) {
  const std::string all = schema.dump();
  return replaced(
      document, random,
      [&](const json& v) {
        return v.is_string() && !v.get<std::string>().empty() &&
               all.find("\"enum\":[") != std::string::npos &&
               all.find("\"" + v.get<std::string>() + "\"") != std::string::npos;
      },
      [&](const json& v) {
        auto text = v.get<std::string>();
        if (random() % 2 == 0) return json(joined(words_of(text), " ", true));
        for (char& c : text) c = static_cast<char>(std::toupper(c));
        return json(text);
      },
      true);
}

std::optional<Mutation> null_for_absent(const json& schema,
                                        const json& document,
                                        std::mt19937_64&) {
  if (!schema.contains("properties") || !document.is_object()) return std::nullopt;
  json changed = document;
  for (const auto& [name, value] : schema["properties"].items()) {
    if (document.contains(name)) continue;
    changed[name] = nullptr;
    return Mutation{changed.dump(), document};
  }
  return std::nullopt;
}

std::optional<Mutation> in_a_fence(const json&, const json& document, std::mt19937_64&) {
  return Mutation{"Here is the result:\n\n```json\n" + document.dump(2) + "\n```\n", document};
}

std::optional<Mutation> in_prose(const json&, const json& document, std::mt19937_64&) {
  return Mutation{"Sure! " + document.dump() + "\n\nLet me know if you need anything else.",
                  document};
}

// Traps: nothing can know what was meant, so no repair may claim to.
std::optional<Mutation> member_dropped(const json&, const json& document, std::mt19937_64& random) {
  const auto holder =
      one_of(places(document, [](const json& v) { return v.is_object() && !v.empty(); }), random);
  if (!holder) return std::nullopt;
  json changed = document;
  json& object = changed[*holder];
  auto member = object.begin();
  std::advance(member, static_cast<std::ptrdiff_t>(random() % object.size()));
  object.erase(member);
  return Mutation{changed.dump(), std::nullopt};
}

std::optional<Mutation> other_name(const json&, const json& document, std::mt19937_64& random) {
  return renamed(
      document, random, [](const std::string&) { return std::string("remarks"); }, false);
}

std::optional<Mutation> with_unit(const json&, const json& document, std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_number(); },
      [](const json& v) { return json("about " + v.dump() + " units"); }, false);
}

std::optional<Mutation> joined_list(const json&, const json& document, std::mt19937_64& random) {
  return replaced(
      document, random,
      [](const json& v) { return v.is_array() && v.size() > 1 && v[0].is_string(); },
      [](const json& v) {
        std::string text;
        for (const auto& one : v)
          text +=
              (text.empty() ? "" : ", ") + (one.is_string() ? one.get<std::string>() : one.dump());
        return json(text);
      },
      false);
}

std::optional<Mutation> number_with_comma(const json&,
                                          const json& document,
                                          std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_number(); },
      [](const json&) { return json("1,234"); }, false);
}

std::optional<Mutation> unknown_value(const json&, const json& document, std::mt19937_64& random) {
  return replaced(
      document, random, [](const json& v) { return v.is_string(); },
      [](const json&) {
        return json::object({{"value", "other"}});
      },
      false);
}

// The model said "none": absent is what it meant, whatever the original held.
std::optional<Mutation> null_value(const json&, const json& document, std::mt19937_64& random) {
  const auto place = one_of(
      places(document, [](const json& v) { return v.is_primitive() && !v.is_null(); }), random);
  if (!place || place->empty() || document[place->parent_pointer()].is_array()) return std::nullopt;
  json changed = document;
  changed[*place] = nullptr;
  json expected = document;
  expected[place->parent_pointer()].erase(place->back());
  return Mutation{changed.dump(), expected};
}

}  // namespace

std::vector<json> read_lines(const std::string& name) {
  const std::string path = std::string(TASKGATE_SOURCE_DIR) + "/tests/data/quality/" + name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<json> lines;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.empty()) lines.push_back(json::parse(line));
  }
  return lines;
}

const std::vector<Mutator>& mutators() {
  static const std::vector<Mutator> all = {
      {"name: snake and camel swapped", other_case},
      {"name: Title Case", title_case},
      {"name: kebab-case", kebab_case},
      {"all names swapped", all_names},
      {"name misspelt", misspelt},
      {"number as a string", number_as_string},
      {"boolean as a string", boolean_as_string},
      {"object or list as a JSON string", object_as_string},
      {"one value for a list of one", scalar_for_array},
      {"list around a value", list_around_value},
      {"string of digits as a number", string_as_number},
      {"value of an enum in other letters", value_in_capitals},
      {"null for an absent member", null_for_absent},
      {"in a code fence", in_a_fence},
      {"between prose", in_prose},
      {"trap: member dropped", member_dropped},
      {"trap: member under an unrelated name", other_name},
      {"trap: number inside a phrase", with_unit},
      {"trap: list joined to a text", joined_list},
      {"trap: number lost to a separator", number_with_comma},
      {"trap: value of another kind", unknown_value},
      {"null for a value", null_value},
  };
  return all;
}

}  // namespace taskgate::quality

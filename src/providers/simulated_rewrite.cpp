#include "providers/simulated_rewrite.hpp"

#include "taskgate/core/json_text.hpp"

#include <cstdio>
#include <utility>
#include <vector>

namespace taskgate::providers {
namespace {

using nlohmann::ordered_json;

class Rewriter {
 public:
  explicit Rewriter(SimRandom& random) : random_(random) {}
  std::string take() { return std::move(out_); }

  void write(const ordered_json& value) {
    space();
    if (value.is_object()) {
      object(value);
    } else if (value.is_array()) {
      out_ += '[';
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out_ += ',';
        write(value[i]);
      }
      space();
      out_ += ']';
    } else if (value.is_string()) {
      string(value.get_ref<const std::string&>());
    } else {
      out_ += value.dump();
      if (value.is_number_integer()) number_ending();
    }
    space();
  }

 private:
  void object(const ordered_json& value) {
    std::vector<std::pair<std::string, const ordered_json*>> members;
    for (const auto& [name, member] : value.items()) members.emplace_back(name, &member);
    for (std::size_t i = members.size(); i > 1; --i) {
      std::swap(members[i - 1], members[random_.next() % i]);
    }
    out_ += '{';
    bool first = true;
    for (const auto& [name, member] : members) {
      if (!first) out_ += ',';
      first = false;
      space();
      string(name);
      space();
      out_ += ':';
      write(*member);
    }
    space();
    out_ += '}';
  }

  // The first letter may be written as an escape.
  void string(const std::string& text) {
    std::string quoted;
    append_json_string(quoted, text);
    const char first = text.empty() ? '\0' : text.front();
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (letter && random_.next() % 4 == 0) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(first));
      quoted.replace(1, 1, escape);
    }
    out_ += quoted;
  }

  void number_ending() {
    constexpr const char* kEndings[] = {"", ".0", "e0", ".00", "E+0"};
    out_ += kEndings[random_.next() % std::size(kEndings)];
  }

  void space() {
    constexpr const char* kSpaces[] = {"", "", "", " ", "\n", "\t", "  "};
    out_ += kSpaces[random_.next() % std::size(kSpaces)];
  }

  SimRandom& random_;
  std::string out_;
};

}  // namespace

std::string rewritten_json(const ordered_json& value, SimRandom& random) {
  Rewriter rewriter(random);
  rewriter.write(value);
  return rewriter.take();
}

}  // namespace taskgate::providers

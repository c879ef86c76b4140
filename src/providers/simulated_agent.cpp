#include "providers/simulated_agent.hpp"

#include "providers/simulated_rewrite.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace taskgate::providers {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxCallsOfATurn = 128;

enum Variation : unsigned { repeat = 1, reorder = 2, rename_ids = 4, reformat = 8, defaults = 16 };
constexpr unsigned kAllVariations = 31;

// A call of the script on its way to become one of the turn.
struct PlannedCall {
  const ordered_json* call = nullptr;
  std::size_t turn = 0;
  std::size_t number = 0;  // within its turn
};

class AgentScript {
 public:
  AgentScript(const ModelRequest& request, SimRandom& random)
      : request_(request), random_(random) {}

  std::variant<ModelTurn, std::string> play(unsigned vary);

 private:
  std::optional<std::string> load(unsigned& vary);
  std::optional<std::string> plan(const ordered_json& turn);
  std::optional<std::string> add_calls(std::size_t turn);
  void vary_plan(unsigned vary);
  ToolCall made(const PlannedCall& planned, std::size_t position, unsigned vary);
  std::string arguments_of(const PlannedCall& planned, const std::string& tool, unsigned vary);
  std::string offered_name(const std::string& name) const;
  void add_defaults(ordered_json& arguments, const std::string& tool) const;
  std::string results() const;
  bool coin() { return random_.next() % 2 == 0; }

  const ModelRequest& request_;
  SimRandom& random_;
  ordered_json script_;
  std::size_t now_ = 0;
  std::vector<PlannedCall> planned_;
};

std::string text_of(const Message& message) {
  std::string text;
  for (const auto& part : message.content) text += part.text;
  return text;
}

std::optional<std::string> AgentScript::load(unsigned& vary) {
  for (const auto& message : request_.messages) {
    if (message.role == "assistant") ++now_;
    if (message.role != "user" || !script_.is_null()) continue;
    auto parsed = ordered_json::parse(text_of(message), nullptr, false);
    if (parsed.is_object() && parsed.contains("turns")) script_ = std::move(parsed);
  }
  if (script_.is_null()) return R"(the input holds no script: {"turns": [...]})";
  if (!script_["turns"].is_array()) return "\"turns\" must be an array";
  if (const auto words = script_.find("vary"); words != script_.end()) {
    if (!words->is_array()) return "\"vary\" must be an array";
    for (const auto& word : *words) {
      const unsigned bit = word.is_string() ? sim_variation(word.get<std::string>()) : 0;
      if (bit == 0) return "\"vary\" holds an unknown word: " + word.dump();
      vary |= bit;
    }
  }
  if (const auto seed = script_.find("seed"); seed != script_.end() && seed->is_number_integer()) {
    random_ = SimRandom(seed->get<std::int64_t>());
  }
  // Another turn and another attempt draw differently.
  const auto draws = now_ * 7 + static_cast<std::size_t>(std::max(request_.attempt, 1));
  for (std::size_t i = 0; i < draws; ++i) random_.next();
  return std::nullopt;
}

std::optional<std::string> AgentScript::add_calls(std::size_t turn) {
  const auto& turns = script_["turns"];
  if (turn >= turns.size() || !turns[turn].is_object()) return "there is no such turn to repeat";
  const auto calls = turns[turn].find("calls");
  if (calls == turns[turn].end()) return std::nullopt;
  if (!calls->is_array() || calls->size() > kMaxCallsOfATurn) {
    return "\"calls\" must be an array of at most " + std::to_string(kMaxCallsOfATurn);
  }
  for (std::size_t i = 0; i < calls->size(); ++i) {
    const auto& call = (*calls)[i];
    if (!call.is_object() || !call.contains("name") || !call["name"].is_string()) {
      return "a call must be an object with a \"name\"";
    }
    planned_.push_back({&call, turn, i});
  }
  return std::nullopt;
}

std::optional<std::string> AgentScript::plan(const ordered_json& turn) {
  if (!turn.is_object()) return "a turn must be an object";
  if (auto fault = add_calls(now_)) return fault;
  const auto again = turn.find("repeat");
  if (again == turn.end()) return std::nullopt;
  if (!again->is_number_unsigned()) return "\"repeat\" must be the number of a turn";
  return add_calls(again->get<std::size_t>());
}

void AgentScript::vary_plan(unsigned vary) {
  if ((vary & repeat) != 0 && !planned_.empty()) {
    std::vector<PlannedCall> again;
    for (const auto& planned : planned_) {
      if (coin()) again.push_back(planned);
    }
    planned_.insert(planned_.end(), again.begin(), again.end());
    // A fault of an earlier turn's calls was reported when it was played.
    if (now_ > 0 && coin()) (void)add_calls(random_.next() % now_);
  }
  if ((vary & reorder) != 0) {
    for (std::size_t i = planned_.size(); i > 1; --i) {
      std::swap(planned_[i - 1], planned_[random_.next() % i]);
    }
  }
  if (planned_.size() > kMaxCallsOfATurn) planned_.resize(kMaxCallsOfATurn);
}

// A model knows "crm.lookup" under the name that it was offered.
std::string AgentScript::offered_name(const std::string& name) const {
  std::string wire = name;
  std::replace(wire.begin(), wire.end(), '.', '_');
  for (const auto& tool : request_.tools) {
    if (tool.name == name || tool.name == wire) return tool.name;
  }
  return name;
}

void AgentScript::add_defaults(ordered_json& arguments, const std::string& tool) const {
  const auto offered = std::find_if(request_.tools.begin(), request_.tools.end(),
                                    [&](const ToolSpec& spec) { return spec.name == tool; });
  if (offered == request_.tools.end() || !arguments.is_object()) return;
  const auto schema = ordered_json::parse(offered->parameters, nullptr, false);
  if (!schema.is_object() || !schema.contains("properties")) return;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (!property.is_object() || !property.contains("default")) continue;
    if (!arguments.contains(name)) arguments[name] = property["default"];
  }
}

std::string AgentScript::arguments_of(const PlannedCall& planned,
                                      const std::string& tool,
                                      unsigned vary) {
  const auto& call = *planned.call;
  if (const auto raw = call.find("raw_arguments"); raw != call.end() && raw->is_string()) {
    return raw->get<std::string>();
  }
  ordered_json arguments = ordered_json::object();
  if (const auto given = call.find("arguments"); given != call.end()) arguments = *given;
  if ((vary & defaults) != 0 && coin()) add_defaults(arguments, tool);
  if ((vary & reformat) != 0) return rewritten_json(arguments, random_);
  return arguments.dump();
}

ToolCall AgentScript::made(const PlannedCall& planned, std::size_t position, unsigned vary) {
  const auto& call = *planned.call;
  ToolCall out;
  out.name = offered_name(call["name"].get<std::string>());
  out.arguments = arguments_of(planned, out.name, vary);
  out.id = "call_" + std::to_string(now_) + "_" + std::to_string(position);
  if (const auto id = call.find("id"); id != call.end() && id->is_string()) {
    out.id = id->get<std::string>();
  }
  if ((vary & rename_ids) != 0) out.id = "call_" + std::to_string(random_.next());
  return out;
}

std::string AgentScript::results() const {
  std::string text;
  for (auto message = request_.messages.rbegin(); message != request_.messages.rend(); ++message) {
    if (message->role == "assistant") break;
    if (message->role != "tool") continue;
    std::string result = text_of(*message);
    if (!text.empty()) result += '\n';
    text.insert(0, result);
  }
  return text;
}

std::variant<ModelTurn, std::string> AgentScript::play(unsigned vary) {
  if (auto fault = load(vary)) return std::move(*fault);
  ModelTurn out;
  out.finish_reason = FinishReason::stop;
  const auto& turns = script_["turns"];
  if (now_ >= turns.size()) {
    out.text = "the script has " + std::to_string(turns.size()) + " turns and is over";
    return out;
  }
  const auto& turn = turns[now_];
  if (auto fault = plan(turn)) {
    return "turn " + std::to_string(now_) + " of the script: " + *fault;
  }
  vary_plan(vary);
  for (const auto& planned : planned_) {
    out.tool_calls.push_back(made(planned, out.tool_calls.size(), vary));
  }
  if (turn.contains("results")) out.text = results();
  if (const auto text = turn.find("text"); text != turn.end() && text->is_string()) {
    out.text += text->get<std::string>();
  }
  if (!out.tool_calls.empty()) out.finish_reason = FinishReason::tool_calls;
  const auto finish = turn.find("finish");
  if (finish != turn.end() && *finish == "length") out.finish_reason = FinishReason::length;
  return out;
}

}  // namespace

unsigned sim_variation(std::string_view word) noexcept {
  constexpr std::array<std::pair<std::string_view, unsigned>, 6> kWords{{{"repeat", repeat},
                                                                         {"reorder", reorder},
                                                                         {"rename_ids", rename_ids},
                                                                         {"reformat", reformat},
                                                                         {"defaults", defaults},
                                                                         {"all", kAllVariations}}};
  for (const auto& [known, bit] : kWords) {
    if (known == word) return bit;
  }
  return 0;
}

std::variant<ModelTurn, std::string> sim_agent_turn(const SimModel& model,
                                                    const ModelRequest& request,
                                                    SimRandom& random) {
  AgentScript script(request, random);
  return script.play(model.vary);
}

}  // namespace taskgate::providers

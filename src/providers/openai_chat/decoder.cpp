#include "providers/openai_chat/decoder.hpp"

#include "providers/json_values.hpp"
#include "providers/openai_errors.hpp"
#include "providers/openai_logprobs.hpp"

namespace taskgate::providers {

OpenAiChatDecoder::OpenAiChatDecoder(DeltaSink& sink) : TurnDecoder(sink, openai_errors()) {}

// The parts of a chunk that we read, as written. Nothing is applied before the whole chunk has
// proved to be JSON.
struct OpenAiChatDecoder::Choice {
  std::int64_t index = 0;
  std::string_view content, refusal, reasoning_content, reasoning, tool_calls, function_call;
  std::string_view finish_reason, logprobs;
};

struct OpenAiChatDecoder::Chunk {
  std::string_view error, object, id, model, fingerprint, usage, groq_usage;
  std::optional<Choice> choice;
};

bool OpenAiChatDecoder::take_event(const net::SseEvent& event) {
  if (event.data.starts_with("[DONE]")) {
    mark_terminal();
    return true;
  }
  if (event.event == "error") {
    take_error(event.data);
    return true;
  }
  return take_json(event.data);
}

bool OpenAiChatDecoder::take_whole(std::string_view body) {
  return take_json(body);
}

bool OpenAiChatDecoder::take_json(std::string_view json) {
  Chunk chunk;
  if (!read_chunk(json, chunk)) return false;
  // vLLM: {"object":"error","message":…} without a wrapper.
  if (!is_null_or_absent(chunk.error) || chunk.object == "\"error\"") {
    take_error(json);
    return true;
  }
  assign_text(turn().served_model, chunk.model);
  assign_text(turn().fingerprint, chunk.fingerprint);
  assign_text(turn().request_id, chunk.id);
  take_usage(is_null_or_absent(chunk.usage) ? chunk.groq_usage : chunk.usage);
  if (chunk.choice) take_choice(*chunk.choice);
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
    } else if (key == "logprobs") {
      choice.logprobs = member;
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

void OpenAiChatDecoder::take_choice(const Choice& choice) {
  any_choice_ = true;
  // Servers that send both fields send the same text twice (vLLM while it renames one).
  const bool first_empty =
      is_null_or_absent(choice.reasoning_content) || choice.reasoning_content == "\"\"";
  const auto reasoning = raw_string(first_empty ? choice.reasoning : choice.reasoning_content);
  if (reasoning) take_text(*reasoning, Delta::Kind::reasoning);
  take_content(choice.content);
  if (const auto refusal = raw_string(choice.refusal)) take_refusal(*refusal);
  const std::size_t before = tools_.bytes();
  const bool tools = !is_null_or_absent(choice.tool_calls) && choice.tool_calls != "[]";
  if (tools && !tools_.take(choice.tool_calls)) fail("the answer's tool calls are malformed");
  if (!is_null_or_absent(choice.function_call)) tools_.take_function(choice.function_call);
  if (!tools_.empty()) mark_output();
  spend(tools_.bytes() - before);
  take_logprobs(choice.logprobs);
  assign_text(turn().raw_finish_reason, choice.finish_reason);
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

void OpenAiChatDecoder::take_logprobs(std::string_view value) {
  if (is_null_or_absent(value)) return;
  spend(append_openai_logprobs(turn().logprobs, member(value, "content")));
}

}  // namespace taskgate::providers

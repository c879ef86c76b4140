#include "engine/conversation.hpp"

#include "engine/model_request.hpp"

namespace taskgate::engine {

Result<Conversation> Conversation::read(std::string_view body) {
  auto parsed = parse_request(body);
  if (!parsed) return parsed.error();
  return Conversation(std::move(parsed.value().turn), std::move(parsed.value().answer));
}

void Conversation::append(providers::Message message) {
  request_.messages.push_back(std::move(message));
}

void Conversation::rewind() {
  request_.messages.resize(own_);
}

}  // namespace taskgate::engine

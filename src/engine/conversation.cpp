#include "engine/conversation.hpp"

#include "engine/model_request.hpp"

namespace taskgate::engine {

Result<Conversation> Conversation::read(std::string_view body) {
  auto request = build_model_request(body);
  if (!request) return request.error();
  return Conversation(std::move(request.value()));
}

void Conversation::append(providers::Message message) {
  request_.messages.push_back(std::move(message));
}

void Conversation::rewind() {
  request_.messages.resize(own_);
}

}  // namespace taskgate::engine

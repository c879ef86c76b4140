#pragma once
// What a model is told: the client's request, and after it what this task's turns have added.

#include "taskgate/core/result.hpp"
#include "taskgate/providers/provider.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace taskgate::engine {

class Conversation {
 public:
  /// Errors: Errc::internal when the stored body is not what admission lets in.
  static Result<Conversation> read(std::string_view body);

  /// What the client asked for; tools and settings of the whole task are set here once.
  providers::ModelRequest& request() noexcept { return request_; }
  const providers::ModelRequest& request() const noexcept { return request_; }
  /// Adds to the end: a model's turn (providers::message_of), a tool's answer, a correction.
  void append(providers::Message message);
  /// Takes back what was added to the client's own messages.
  void rewind();
  /// How many messages were added.
  std::size_t added() const noexcept { return request_.messages.size() - own_; }

 private:
  explicit Conversation(providers::ModelRequest request)
      : request_(std::move(request)), own_(request_.messages.size()) {}

  providers::ModelRequest request_;
  std::size_t own_ = 0;  // messages of the client
};

}  // namespace taskgate::engine

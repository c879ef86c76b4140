#include "engine/attempt_start.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

void AttemptStart::submit_soon(store::StartAttempt start) {
  waiting_ = std::move(start);
  asio::post(control_->strand(), [self = shared_from_this()] { self->submit(); });
}

std::optional<store::StartAttempt> AttemptStart::take() {
  return std::exchange(waiting_, std::nullopt);
}

void AttemptStart::submit() {
  auto start = take();
  if (!start) return;
  auto done = [self = shared_from_this()](const Result<store::LogPosition>& result) {
    if (result) return;
    self->refused_ = true;
    self->control_->stop_here(StopReason::storage);
  };
  store_.async_start(std::move(*start), asio::bind_executor(control_->strand(), std::move(done)));
}

}  // namespace taskgate::engine

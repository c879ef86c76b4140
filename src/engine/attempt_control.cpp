#include "engine/attempt_control.hpp"

#include <boost/asio/bind_executor.hpp>

namespace taskgate::engine {

namespace asio = boost::asio;

void AttemptControl::stop_after(std::chrono::milliseconds limit, StopReason reason) {
  limit_ = Limit{limit, reason, false};
  asio::post(strand_, [self = shared_from_this()] { self->arm(); });
}

void AttemptControl::arm() {
  if (!limit_ || limit_->armed) return;
  limit_->armed = true;
  timer_.expires_after(limit_->after);
  auto fire = [self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->limit_) self->stop_here(self->limit_->reason);
  };
  timer_.async_wait(asio::bind_executor(strand_, std::move(fire)));
}

void AttemptControl::let_run() {
  if (limit_ && limit_->armed) timer_.cancel();
  limit_.reset();
}

}  // namespace taskgate::engine

#include "tools/one_at_a_time.hpp"

#include <boost/asio/this_coro.hpp>

namespace taskgate::tools {

namespace asio = boost::asio;

// Named, not anonymous: it is in the frame of a coroutine that others can name.
struct OneAtATime::Enlisted {
  Enlisted(OneAtATime& o, runtime::WakeUp& w) : owner(o), wake(w) {
    const std::lock_guard lock(owner.mutex_);
    owner.waiting_.push_back(&wake);
  }
  Enlisted(const Enlisted&) = delete;
  Enlisted& operator=(const Enlisted&) = delete;
  ~Enlisted() {
    const std::lock_guard lock(owner.mutex_);
    std::erase(owner.waiting_, &wake);
  }
  OneAtATime& owner;
  runtime::WakeUp& wake;
};

OneAtATime::Turn::~Turn() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.taken_ = false;
  for (auto* waiter : owner_.waiting_) waiter->notify();
}

asio::awaitable<std::unique_ptr<OneAtATime::Turn>> OneAtATime::take() {
  const auto executor = co_await asio::this_coro::executor;
  runtime::WakeUp wake(executor);
  const Enlisted enlisted(*this, wake);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (!taken_) {
        taken_ = true;
        break;
      }
    }
    (void)co_await wake.wait_until(runtime::SteadyTime::max());  // woken or not: it looks again
  }
  co_return std::make_unique<Turn>(*this);
}

bool OneAtATime::is_taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace taskgate::tools

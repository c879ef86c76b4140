#include "net/deadline_sweeper.hpp"

#include "taskgate/runtime/timeout.hpp"

namespace taskgate::net {

Watched::Watched(DeadlineSweeper& sweeper) : sweeper_(sweeper), index_(sweeper.watched_.size()) {
  sweeper.watched_.push_back(this);
}

Watched::~Watched() {
  auto& all = sweeper_.watched_;
  all[index_] = all.back();
  all[index_]->index_ = index_;
  all.pop_back();
}

boost::asio::awaitable<void> DeadlineSweeper::run() {
  for (;;) {
    co_await runtime::sleep_for(tick_);
    sweep(runtime::SteadyClock::now());
  }
}

void DeadlineSweeper::sweep(runtime::SteadyTime now) {
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    if (watched_[i]->deadline_ > now) continue;
    watched_[i]->disarm();
    watched_[i]->on_deadline();
  }
}

}  // namespace taskgate::net

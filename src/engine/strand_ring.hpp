#pragma once
// The strands that attempts run on: a fixed number, given out in turn. A strand for each attempt
// would make every commit of the store wake the workers once for each task in it; the completions
// of those that share a strand travel together. Several strands a thread, so that one attempt's
// computing holds up few others.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace taskgate::engine {

/// Thread-safe.
class StrandRing {
 public:
  explicit StrandRing(const boost::asio::any_io_executor& workers) {
    const std::size_t count = std::max(8U, 4 * std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < count; ++i)
      strands_.emplace_back(boost::asio::make_strand(workers));
  }

  const boost::asio::any_io_executor& next() noexcept {
    return strands_[next_.fetch_add(1, std::memory_order_relaxed) % strands_.size()];
  }

 private:
  std::vector<boost::asio::any_io_executor> strands_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace taskgate::engine

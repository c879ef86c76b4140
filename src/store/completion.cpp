#include "store/completion.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace taskgate::store {
namespace {

// How many groups back an executor is looked for: attempts run on a strand each, and comparing
// every completion with a thousand executors would cost more than a few posts too many.
constexpr std::size_t kGroupWindow = 8;

// Runs completions in order. A handler that throws does not take the others' answers with it: what
// is left is posted again before the exception leaves.
class RunGroup {
 public:
  explicit RunGroup(std::vector<std::unique_ptr<Completion>> group) : group_(std::move(group)) {}

  void operator()() {
    Rest rest{group_};
    while (rest.next < group_.size()) {
      const auto completion = std::move(group_[rest.next++]);
      completion->complete();
    }
  }

 private:
  struct Rest {
    std::vector<std::unique_ptr<Completion>>& group;
    std::size_t next = 0;
    ~Rest() {
      if (next >= group.size()) return;
      group.erase(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(next));
      const auto executor = group.front()->take_executor();
      executor.execute(RunGroup(std::move(group)));
    }
  };

  std::vector<std::unique_ptr<Completion>> group_;
};

}  // namespace

void CompletionBatch::add(std::unique_ptr<Completion> completion) {
  // Newest first: once a group has left the window it is never found again, so order holds.
  const auto window = std::min(kGroupWindow, groups_.size());
  for (std::size_t back = 1; back <= window; ++back) {
    auto& group = groups_[groups_.size() - back];
    if (group.front()->executor() == completion->executor()) {
      group.push_back(std::move(completion));
      return;
    }
  }
  groups_.emplace_back().push_back(std::move(completion));
}

void CompletionBatch::post() {
  for (auto& group : groups_) {
    const auto executor = group.front()->take_executor();
    executor.execute(RunGroup(std::move(group)));
  }
  groups_.clear();
}

void refuse(std::unique_ptr<Completion> completion, const Error& error) {
  completion->fail(error);
  // By way of a thread that is surely not the handler's own (see CompletionBatch).
  auto hop = [completion = std::move(completion)]() mutable {
    CompletionBatch refused;
    refused.add(std::move(completion));
    refused.post();
  };
  boost::asio::post(boost::asio::system_executor(), std::move(hop));
}

}  // namespace taskgate::store

#include "store/completion.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <thread>

namespace taskgate::store {
namespace {

namespace asio = boost::asio;

class Number final : public HandlerCompletion<int, Completion> {
 public:
  Number(int value, Handler<int> handler) : HandlerCompletion(std::move(handler)) { set(value); }
};

template <class Executor>
std::unique_ptr<Completion> number(int value,
                                   const Executor& executor,
                                   std::function<void(Result<int>)> handler) {
  return std::make_unique<Number>(value, asio::bind_executor(executor, std::move(handler)));
}

TEST(CompletionBatch, OneExecutorIsWokenOnceForAll) {
  asio::io_context context(1);
  std::vector<int> seen;
  CompletionBatch batch;
  for (int i = 0; i < 10; ++i)
    batch.add(number(i, context.get_executor(), [&](Result<int> r) { seen.push_back(*r); }));

  batch.post();

  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(context.run_one(), 1U);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(context.run(), 0U);
}

TEST(CompletionBatch, OrderHoldsWithinEachOfManyExecutors) {
  asio::io_context context(1);
  constexpr int kStrands = 20;  // more than the window in which groups are looked for
  std::vector<asio::strand<asio::io_context::executor_type>> strands;
  for (int i = 0; i < kStrands; ++i) strands.emplace_back(asio::make_strand(context));
  std::vector<std::vector<int>> seen(kStrands);
  CompletionBatch batch;
  for (int i = 0; i < 200; ++i) {
    const auto which = static_cast<std::size_t>((i * 7) % kStrands);
    batch.add(number(i, strands[which], [&, which](Result<int> r) { seen[which].push_back(*r); }));
  }

  batch.post();
  context.run();

  for (const auto& numbers : seen) {
    EXPECT_EQ(numbers.size(), 10U);
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  }
}

TEST(CompletionBatch, HandlerThatThrowsTakesNobodysAnswer) {
  asio::io_context context(1);
  std::vector<int> seen;
  CompletionBatch batch;
  for (int i = 0; i < 4; ++i) {
    batch.add(number(i, context.get_executor(), [&](Result<int> r) {
      if (*r == 1) throw std::runtime_error("bad handler");
      seen.push_back(*r);
    }));
  }

  batch.post();

  EXPECT_THROW(context.run(), std::runtime_error);
  context.restart();
  context.run();
  EXPECT_EQ(seen, (std::vector<int>{0, 2, 3}));
}

TEST(CompletionBatch, PendingCompletionKeepsItsContextAlive) {
  asio::io_context context(1);
  bool called = false;
  auto pending = number(1, context.get_executor(), [&](Result<int>) { called = true; });
  std::thread later([completion = std::move(pending)]() mutable {
    CompletionBatch batch;
    batch.add(std::move(completion));
    batch.post();
  });

  context.run();  // would return at once if the completion did not count as work

  later.join();
  EXPECT_TRUE(called);
}

TEST(Refuse, IsNeverInline) {
  asio::io_context context(1);
  bool inside = false;
  bool was_inline = false;
  std::optional<Errc> code;
  asio::post(context, [&] {
    inside = true;
    refuse(number(1, context.get_executor(),
                  [&](Result<int> r) {
                    was_inline = inside;
                    code = r.error().code();
                  }),
           Error(Errc::overloaded, "full"));
    inside = false;
  });

  context.run();

  EXPECT_FALSE(was_inline);
  EXPECT_EQ(code, Errc::overloaded);
}

}  // namespace
}  // namespace taskgate::store

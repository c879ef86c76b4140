// Loops that a compiler in use is known to translate wrongly, under the options of this project.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

// Nothing here is static: the compiler is not to know how it will be called.
namespace taskgate::compiler_test {

enum class Kind : std::uint8_t { accept, start, append, requeue, interrupt, finish };
enum class State : std::uint8_t { queued = 0, running = 1, success = 10 };

struct Step {
  Kind kind = Kind::accept;
  std::vector<int> events;
  long submitted = 0;
  long acknowledged = 0;
};

// g++ 12.2 at -O3, with its loop vectorizer, lost the last step of eight.
[[gnu::noinline]] State state_after(const std::vector<Step>& steps, std::size_t count) {
  auto state = State::queued;
  for (std::size_t index = 0; index < count; ++index) {
    const auto kind = steps[index].kind;
    if (kind == Kind::start) state = State::running;
    if (kind == Kind::requeue || kind == Kind::interrupt) state = State::queued;
    if (kind == Kind::finish) state = State::success;
  }
  return state;
}

TEST(Compiler, TakesEveryStepOfALoopWithConditionalStates) {
  std::vector<Step> steps;
  for (const auto kind : {Kind::accept, Kind::start, Kind::append, Kind::append, Kind::interrupt,
                          Kind::start, Kind::append, Kind::requeue}) {
    steps.push_back({kind, {}, 0, 0});
  }
  std::vector<int> states;
  for (std::size_t count = 0; count <= steps.size(); ++count)
    states.push_back(static_cast<int>(state_after(steps, count)));
  EXPECT_EQ(states, (std::vector<int>{0, 0, 1, 1, 1, 0, 1, 1, 0}));
}

}  // namespace taskgate::compiler_test

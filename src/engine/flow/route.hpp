#pragma once
// The models that a task with fallback_models may be run by, and how far it got along them. The
// path taken is part of the task object and can be read back from the task's events.

#include "taskgate/providers/provider.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::engine {

/// A pause that an upstream asks for and that is longer than this is worth another model.
inline constexpr std::chrono::seconds kWorthWaiting{10};

/// What became of a model whose answer could not be used: in the path, and in `task.retrying`.
inline constexpr const char* kUnusable = "invalid_answer";

/// Whether another model may do what this failure kept one from doing: an upstream that is out or
/// fails, a key or a model that it does not accept, a request too long for it. Not: a request that
/// is wrong anywhere.
bool may_fall_back(const providers::Failure& failure);

/// Not thread-safe: guarded by its task's mutex.
class Route {
 public:
  /// What to do after a failed attempt.
  enum class Next { same_model, next_model, end };

  /// Precondition: at least one fallback.
  Route(std::string primary, std::vector<std::string> fallbacks);

  std::size_t size() const noexcept { return legs_.size(); }
  const std::string& model(std::size_t index) const { return legs_[index].model; }
  /// The first model that is not behind the task yet.
  std::size_t current() const noexcept { return current_; }
  /// Failed attempts with that model.
  int failures(std::size_t index) const { return legs_[index].attempts; }

  /// An attempt with model `index` failed; moves on when that model is out for this task.
  Next after_failure(std::size_t index, const providers::Failure& failure, int max_attempts);
  /// The answer of model `index` could not be used; moves on. False: no model is left.
  bool after_unusable(std::size_t index);
  /// The models behind model `index`.
  std::vector<std::string> behind(std::size_t index) const;
  /// The attempt with model `index` began although earlier ones were not behind the task: they were
  /// out.
  void note_passed_over(std::size_t index);
  /// The attempt with model `index` brought an answer.
  void note_answer(std::size_t index);
  /// Reads the data of a `task.retrying` event of an earlier process.
  void replay(std::string_view retrying);

  /// [{"model":…,"attempts":n,"outcome":…}, …] as far as the task came.
  std::string path() const;

 private:
  struct Leg {
    std::string model;
    int attempts = 0;
    std::string outcome;  // of the last attempt; "passed_over"; empty: not tried
  };
  std::vector<Leg> legs_;
  std::size_t current_ = 0;
};

}  // namespace taskgate::engine

#pragma once
// The simulator's models: what a name like "lorem?tokens=200&tps=80" asks for, and the text it
// gives. Pure and deterministic.
//
//   echo                          the last user text, word by word; `default` is the same
//   lorem?tokens=200              filler, chosen by the seed (1..100000 tokens)
//   slow?ttft=3s                  echo that lets one wait (ttft defaults to 3s)
//   json                          an object that fits output_schema in simple cases, else a sample
//   flaky?p=0.3&status=429        echo that fails with probability p in each attempt
//   error?code=…                  always: context_length, rate_limit, overloaded, server_error,
//                                 timeout (failures at once), stream_cut (after half the text),
//                                 refusal, content_filter, truncated (turns that are unusable)
//   tools?vary=reorder+reformat   an agent that plays the script in its input (simulated_agent.hpp)
// All but `error` and `flaky`'s failures also take ttft=DURATION (time to the first token, up to an
// hour: 200ms, 1.5s, 2m) and tps=N (tokens a second, 0: as fast as possible, up to 100000).

#include "taskgate/providers/provider.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::providers {

enum class SimKind { echo, lorem, json, flaky, error, tools };
enum class SimError {
  context_length,
  refusal,
  content_filter,
  rate_limit,
  overloaded,
  server_error,
  timeout,
  stream_cut,
  truncated
};

struct SimModel {
  SimKind kind = SimKind::echo;
  SimError error = SimError::server_error;
  int tokens = 200;
  double tokens_per_second = 0.0;  ///< 0: no pace
  std::chrono::milliseconds first_token{0};
  double failure_probability = 0.3;
  int failure_status = 429;
  unsigned vary = 0;  ///< what an agent does to its calls: bits of sim_variation()
};

/// nullopt: no such model, or a parameter that is unknown, repeated or out of range; `fault`, when
/// it is given, says which, in a sentence for whoever wrote the name.
std::optional<SimModel> parse_sim_model(std::string_view name, std::string* fault = nullptr);

/// SplitMix64 over request.seed, else over the task's id: the same task, the same behaviour.
class SimRandom {
 public:
  explicit SimRandom(const ModelRequest& request);
  explicit SimRandom(std::int64_t seed) : state_(static_cast<std::uint64_t>(seed)) {}
  std::uint64_t next() noexcept;
  double next_fraction() noexcept;  ///< [0, 1)

 private:
  std::uint64_t state_;
};

/// The whole text that the model would give.
std::string sim_text(const SimModel& model, const ModelRequest& request, SimRandom& random);
/// A JSON value for a schema (types, enum, const, properties, items, bounds, local $ref); the
/// sample object when there is none or it cannot be read.
std::string sim_json(const ModelRequest& request);

/// The last message of the user, text parts joined.
std::string last_user_text(const ModelRequest& request);
/// Words: what the simulator takes for tokens.
std::int64_t count_words(std::string_view text) noexcept;
/// The next word with the white space before it, taken off `rest`; empty at the end.
std::string_view take_word(std::string_view& rest) noexcept;

}  // namespace taskgate::providers

#pragma once
// The provider "sim": models without an upstream, for tests, benchmarks and first steps. What each
// does stands in simulated_model.hpp.

#include "taskgate/providers/provider.hpp"

namespace taskgate::providers {

struct SimModel;

class Simulated final : public Provider {
 public:
  /// Progress is reported in steps of a tenth, for answers of ten tokens or more. Without ttft and
  /// tps no timer is touched and nothing suspends but a full sink (and a yield every 256 tokens).
  boost::asio::awaitable<TurnOutcome> stream(ModelRequest request, DeltaSink& sink) override;

 private:
  boost::asio::awaitable<TurnOutcome> play_agent(const SimModel& model,
                                                 const ModelRequest& request,
                                                 DeltaSink& sink);
};

}  // namespace taskgate::providers

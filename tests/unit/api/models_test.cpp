#include "api_fixture.hpp"

namespace taskgate::test {
namespace {

class ModelList : public ApiFixture {
 protected:
  // The models of the provider "sim", which the fixture configures.
  nlohmann::json list() { return json_of(get("/models"))["data"][0]["list"]; }
};

TEST_F(ModelList, IsEmptyBeforeAnythingWasUsed) {
  EXPECT_EQ(list(), nlohmann::json::array());
}

TEST_F(ModelList, ShowsHowAModelIsDoing) {
  engine::ModelStatus busy;
  busy.model = "sim/lorem";
  busy.breaker = "open";
  busy.probe_in = std::chrono::milliseconds{4000};
  busy.paused_for = std::chrono::milliseconds{2500};
  busy.concurrency_limit = 12;
  busy.in_flight = 3;
  busy.held = 5;
  busy.attempts = 8;
  busy.errors = 2;
  busy.first_token = engine::Quantiles{6, 100, 200, 300};
  gateway.model_rows = {busy};

  const auto shown = list();

  ASSERT_EQ(shown.size(), 1U);
  const nlohmann::json expected{
      {"id", "sim/lorem"},
      {"object", "model"},
      {"configured", false},
      {"breaker", {{"state", "open"}, {"probe_in_ms", 4000}}},
      {"paused_for_ms", 2500},
      {"concurrency", {{"limit", 12}, {"in_flight", 3}, {"held", 5}}},
      {"attempts", 8},
      {"errors", 2},
      {"error_rate", 0.25},
      {"latency_ms",
       {{"first_token", {{"p50", 100}, {"p95", 200}, {"p99", 300}, {"samples", 6}}},
        {"total", nullptr}}},
      {"calibration", nlohmann::json::array()}};
  EXPECT_EQ(shown[0], expected) << shown[0];
}

TEST_F(ModelList, ShowsTheCalibrationOfALabelledModelThatWasNotUsedSince) {
  engine::CalibrationStatus prose;
  prose.model = "sim/lorem";
  prose.methods = {"logprobs"};
  prose.labels = 12;
  auto schema = prose;
  schema.output_schema = "ab12";
  schema.labels = 250;
  schema.error = 0.03126;
  gateway.calibration_rows = {prose, schema};

  const auto shown = list();

  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0]["id"], "sim/lorem");
  EXPECT_EQ(shown[0]["calibration"], nlohmann::json::parse(R"([
      {"output_schema":null,"methods":["logprobs"],"labels":12,"calibrated":false,"error":null},
      {"output_schema":"sha256:ab12","methods":["logprobs"],"labels":250,"calibrated":true,
       "error":0.0313}])"));
}

TEST_F(ModelList, WhatIsNotKnownIsNull) {
  engine::ModelStatus fresh;
  fresh.model = "sim/echo";
  gateway.model_rows = {fresh};

  const auto shown = list()[0];

  EXPECT_EQ(shown["error_rate"], nullptr);
  EXPECT_EQ(shown["concurrency"]["limit"], nullptr);
  EXPECT_EQ(shown["breaker"]["probe_in_ms"], nullptr);
  EXPECT_EQ(shown["paused_for_ms"], nullptr);
}

TEST_F(ModelList, BelongsToTheProviderThatTheNameBeginsWith) {
  engine::ModelStatus other;
  other.model = "simulated/echo";
  gateway.model_rows = {other};

  EXPECT_EQ(list(), nlohmann::json::array());
}

}  // namespace
}  // namespace taskgate::test

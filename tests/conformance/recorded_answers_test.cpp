// Every recorded stream that was cut, filtered or refused is reported as such: from the bytes on
// the wire through the decoder and the checks to what the client is told.
#include "conformance/recorded.hpp"
#include "engine/answer/answer_checker.hpp"
#include "support/recording_sink.hpp"
#include "taskgate/net/sse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace taskgate::test {
namespace {

// What the upstream's own word for the end has to become; empty: nothing of the kind.
std::string expected_type(const providers::ModelTurn& turn) {
  static const std::map<std::string, std::string> kTypes{
      {"length", "truncation"},         {"max_tokens", "truncation"},
      {"MAX_TOKENS", "truncation"},     {"max_output_tokens", "truncation"},
      {"refusal", "refusal"},           {"SAFETY", "content_filter"},
      {"RECITATION", "content_filter"}, {"content_filter", "content_filter"},
      {"BLOCKLIST", "content_filter"},  {"PROHIBITED_CONTENT", "content_filter"}};
  if (!turn.refusal.empty()) return "refusal";
  const auto found = kTypes.find(turn.raw_finish_reason);
  return found == kTypes.end() ? std::string() : found->second;
}

std::optional<providers::ModelTurn> turn_of(const Recording& recording) {
  RecordingSink sink;
  const auto codec = codec_of(recording.protocol);
  const auto decoder = codec->decoder(sink);
  net::SseParser parser;
  parser.feed(recording.stream, *decoder);
  parser.finish(*decoder);
  auto outcome = decoder->finish(std::nullopt);
  if (outcome.turn() == nullptr) return std::nullopt;
  return std::move(*outcome.turn());
}

engine::FinalResult check(providers::ModelTurn turn) {
  checks::SchemaCache schemas({}, {});
  engine::AnswerRequest request;
  request.asked.tools.push_back({"any", {}, false, checks::ToolSpec::Effect::read});
  engine::AnswerChecker checker(std::move(request), schemas);
  auto report = checker.check(turn, {}, 1);
  return engine::answered_result(std::move(turn), std::move(report));
}

TEST(RecordedAnswers, WhatWasCutFilteredOrRefusedIsReportedAsSuch) {
  std::set<std::string> reasons;
  for (const auto& recording : recordings()) {
    if (recording.stream.empty()) GTEST_SKIP() << "no recorded streams at " << fixtures();
    SCOPED_TRACE(recording.name);
    auto turn = turn_of(recording);
    if (!turn) continue;  // a failure is reported as the failure that it is
    const auto type = expected_type(*turn);
    if (type.empty()) continue;
    reasons.insert(turn->refusal.empty() ? turn->raw_finish_reason : "refusal field");

    const auto result = check(std::move(*turn));

    EXPECT_NE(result.status, TaskStatus::success);
    const auto found =
        std::find_if(result.findings.begin(), result.findings.end(),
                     [&](const engine::Finding& finding) { return finding.type == type; });
    ASSERT_NE(found, result.findings.end()) << "expected " << type;
    EXPECT_NE(found->severity, "info");
    EXPECT_FALSE(found->evidence.empty());
  }
  for (const auto* reason : {"SAFETY", "RECITATION"})
    EXPECT_TRUE(reasons.contains(reason)) << "no recording ends by " << reason;
  EXPECT_TRUE(reasons.contains("refusal") || reasons.contains("refusal field"))
      << "no recording is a refusal";
  EXPECT_TRUE(reasons.contains("max_tokens") || reasons.contains("length") ||
              reasons.contains("MAX_TOKENS") || reasons.contains("max_output_tokens"))
      << "no recording ends at a limit";
  std::string all;
  for (const auto& reason : reasons) all += reason + ' ';
  RecordProperty("reasons", all);
}

// The checks take no recorded answer that ended well for anything else.
TEST(RecordedAnswers, WhatEndedWellIsUsable) {
  for (const auto& recording : recordings()) {
    if (recording.stream.empty()) GTEST_SKIP() << "no recorded streams at " << fixtures();
    SCOPED_TRACE(recording.name);
    auto turn = turn_of(recording);
    if (!turn || !expected_type(*turn).empty() || turn->text.empty() || !turn->tool_calls.empty())
      continue;

    const auto result = check(std::move(*turn));

    EXPECT_NE(result.status, TaskStatus::failed)
        << (result.findings.empty() ? "" : result.findings.front().message);
  }
}

}  // namespace
}  // namespace taskgate::test

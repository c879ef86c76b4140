// Vectors: standard-webhooks, libraries/javascript/src/webhook.test.ts (secret, id, payload); the
// signature is the one that Svix documents for them (docs.svix.com, "verifying payloads manually").

#include "taskgate/delivery/signer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace taskgate::delivery {
namespace {

using std::chrono::seconds;

constexpr std::string_view kVectorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr std::string_view kVectorId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kVectorBody = R"({"test": 2432232314})";
constexpr seconds kVectorAt{1614265330};
constexpr std::string_view kVectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

Result<std::string> sign_with(const std::vector<std::string>& secrets) {
  return sign({kVectorId, kVectorAt, kVectorBody}, secrets);
}

Result<void> verify_signature(std::string_view signature) {
  return verify({kVectorId, "1614265330", signature}, kVectorBody, kVectorSecret, kVectorAt);
}

TEST(Signer, MatchesTheSpecificationsVector) {
  const auto header = sign_with({std::string(kVectorSecret)});

  ASSERT_TRUE(header);
  EXPECT_EQ(*header, kVectorSignature);
}

TEST(Signer, SecretMayLackItsPrefix) {
  const auto header = sign_with({"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});

  ASSERT_TRUE(header);
  EXPECT_EQ(*header, kVectorSignature);
}

TEST(Signer, SignsWithBothSecretsWhileOneIsReplaced) {
  const auto header =
      sign_with({std::string(kOtherSecret), std::string(kVectorSecret), "whsec_AAAA"});

  ASSERT_TRUE(header);
  EXPECT_EQ(std::count(header->begin(), header->end(), ' '), 1);
  EXPECT_TRUE(verify({kVectorId, "1614265330", *header}, kVectorBody, kVectorSecret, kVectorAt));
  EXPECT_TRUE(verify({kVectorId, "1614265330", *header}, kVectorBody, kOtherSecret, kVectorAt));
}

TEST(Signer, RefusesToSignWithoutAProperSecretAndKeepsItToItself) {
  EXPECT_FALSE(sign_with({}));
  for (const char* secret :
       {"", "whsec_", "whsec_a", "whsec_!!!!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZ"}) {
    SCOPED_TRACE(secret);
    const auto header = sign_with({secret});
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().message(), "a webhook secret is malformed");
  }
}

TEST(Verify, AcceptsAnyMatchingSignatureAmongSeveral) {
  const std::string good(kVectorSignature);
  const std::string bad = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

  EXPECT_TRUE(verify_signature(good));
  EXPECT_TRUE(verify_signature(bad + " " + good));
  EXPECT_TRUE(verify_signature("v2," + good.substr(3) + " " + bad + " " + good));
}

TEST(Verify, RefusesWhatDoesNotMatch) {
  const std::string good(kVectorSignature);

  EXPECT_FALSE(verify_signature("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="));
  EXPECT_FALSE(verify_signature(good.substr(0, 8)));
  EXPECT_FALSE(verify_signature("v1,"));
  EXPECT_FALSE(verify_signature("v2," + good.substr(3)));
  EXPECT_FALSE(verify_signature("v1a," + good.substr(3)));
  EXPECT_FALSE(verify_signature(good.substr(3)));
  EXPECT_FALSE(verify_signature("v1, " + good.substr(3)));
  EXPECT_FALSE(verify_signature(" "));
}

TEST(Verify, RefusesAChangedMessage) {
  EXPECT_FALSE(verify({kVectorId, "1614265330", kVectorSignature}, R"({"test": 2432232315})",
                      kVectorSecret, kVectorAt));
  EXPECT_FALSE(
      verify({kVectorId, "1614265331", kVectorSignature}, kVectorBody, kVectorSecret, kVectorAt));
  EXPECT_FALSE(
      verify({"msg_other", "1614265330", kVectorSignature}, kVectorBody, kVectorSecret, kVectorAt));
  EXPECT_FALSE(
      verify({kVectorId, "1614265330", kVectorSignature}, kVectorBody, kOtherSecret, kVectorAt));
}

TEST(Verify, RefusesMissingHeaders) {
  EXPECT_FALSE(verify({"", "1614265330", kVectorSignature}, kVectorBody, kVectorSecret, kVectorAt));
  EXPECT_FALSE(verify({kVectorId, "", kVectorSignature}, kVectorBody, kVectorSecret, kVectorAt));
  EXPECT_FALSE(verify({kVectorId, "1614265330", ""}, kVectorBody, kVectorSecret, kVectorAt));
}

TEST(Verify, RefusesTimestampsOutsideFiveMinutes) {
  const ReceivedHeaders headers{kVectorId, "1614265330", kVectorSignature};

  EXPECT_TRUE(verify(headers, kVectorBody, kVectorSecret, kVectorAt + seconds(300)));
  EXPECT_TRUE(verify(headers, kVectorBody, kVectorSecret, kVectorAt - seconds(300)));
  EXPECT_FALSE(verify(headers, kVectorBody, kVectorSecret, kVectorAt + seconds(301)));
  EXPECT_FALSE(verify(headers, kVectorBody, kVectorSecret, kVectorAt - seconds(301)));
  for (const auto* odd : {"hello", "1614265330.0", "1614265330 ", "99999999999999999999"}) {
    EXPECT_FALSE(verify({kVectorId, odd, kVectorSignature}, kVectorBody, kVectorSecret, kVectorAt))
        << odd;
  }
}

}  // namespace
}  // namespace taskgate::delivery

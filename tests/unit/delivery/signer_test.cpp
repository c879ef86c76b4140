// Vectors: standard-webhooks, libraries/javascript/src/webhook.test.ts (secret, id, payload); the
// signature is the one that Svix documents for them (docs.svix.com, "verifying payloads manually").

#include "taskgate/delivery/signer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace taskgate::delivery {
namespace {

using std::chrono::seconds;

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr seconds kAt{1614265330};
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

Result<std::string> sign_with(const std::vector<std::string>& secrets) {
  return sign({kId, kAt, kBody}, secrets);
}

Result<void> verify_signature(std::string_view signature) {
  return verify({kId, "1614265330", signature}, kBody, kSecret, kAt);
}

TEST(Signer, MatchesTheSpecificationsVector) {
  const auto header = sign_with({std::string(kSecret)});

  ASSERT_TRUE(header);
  EXPECT_EQ(*header, kSignature);
}

TEST(Signer, SecretMayLackItsPrefix) {
  const auto header = sign_with({"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});

  ASSERT_TRUE(header);
  EXPECT_EQ(*header, kSignature);
}

TEST(Signer, SignsWithBothSecretsWhileOneIsReplaced) {
  const auto header = sign_with({std::string(kOtherSecret), std::string(kSecret), "whsec_AAAA"});

  ASSERT_TRUE(header);
  EXPECT_EQ(std::count(header->begin(), header->end(), ' '), 1);
  EXPECT_TRUE(verify({kId, "1614265330", *header}, kBody, kSecret, kAt));
  EXPECT_TRUE(verify({kId, "1614265330", *header}, kBody, kOtherSecret, kAt));
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
  const std::string good(kSignature);
  const std::string bad = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

  EXPECT_TRUE(verify_signature(good));
  EXPECT_TRUE(verify_signature(bad + " " + good));
  EXPECT_TRUE(verify_signature("v2," + good.substr(3) + " " + bad + " " + good));
}

TEST(Verify, RefusesWhatDoesNotMatch) {
  const std::string good(kSignature);

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
  EXPECT_FALSE(verify({kId, "1614265330", kSignature}, R"({"test": 2432232315})", kSecret, kAt));
  EXPECT_FALSE(verify({kId, "1614265331", kSignature}, kBody, kSecret, kAt));
  EXPECT_FALSE(verify({"msg_other", "1614265330", kSignature}, kBody, kSecret, kAt));
  EXPECT_FALSE(verify({kId, "1614265330", kSignature}, kBody, kOtherSecret, kAt));
}

TEST(Verify, RefusesMissingHeaders) {
  EXPECT_FALSE(verify({"", "1614265330", kSignature}, kBody, kSecret, kAt));
  EXPECT_FALSE(verify({kId, "", kSignature}, kBody, kSecret, kAt));
  EXPECT_FALSE(verify({kId, "1614265330", ""}, kBody, kSecret, kAt));
}

TEST(Verify, RefusesTimestampsOutsideFiveMinutes) {
  const ReceivedHeaders headers{kId, "1614265330", kSignature};

  EXPECT_TRUE(verify(headers, kBody, kSecret, kAt + seconds(300)));
  EXPECT_TRUE(verify(headers, kBody, kSecret, kAt - seconds(300)));
  EXPECT_FALSE(verify(headers, kBody, kSecret, kAt + seconds(301)));
  EXPECT_FALSE(verify(headers, kBody, kSecret, kAt - seconds(301)));
  for (const auto* odd : {"hello", "1614265330.0", "1614265330 ", "99999999999999999999"}) {
    EXPECT_FALSE(verify({kId, odd, kSignature}, kBody, kSecret, kAt)) << odd;
  }
}

}  // namespace
}  // namespace taskgate::delivery

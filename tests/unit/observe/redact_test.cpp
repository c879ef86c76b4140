#include "taskgate/observe/redact.hpp"

#include <gtest/gtest.h>

namespace taskgate::log {
namespace {

struct RedactCase {
  const char* text;
  const char* expected;
};

const RedactCase kSecrets[] = {
    {"sk-proj-abcDEF123_456-789", "sk-…"},
    {"key sk-ant-api03-AAAA_BBBB, retry", "key sk-…, retry"},
    {"Invalid API key: AIzaSyA-1234567890abcdefghijk.", "Invalid API key: AIza…."},
    {"Authorization: Bearer abc.def~ghi+jkl/mno==", "Authorization: Bearer …"},
    {"authorization: bearer 0123456789abcdef", "authorization: bearer …"},
    {"Basic dXNlcjpwYXNzd29yZA==", "Basic …"},
    {"secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "secret=whsec_…"},
    {"tg_live_abcdefghijkl_0123456789012345678901234567_abcdef", "tg_live_…"},
    {"tg_test_abcdefghijkl_0123", "tg_test_…"},
    {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s5Jk-_9 tail", "eyJ… tail"},
    {"xoxb-123456789012-abcdef", "xoxb-…"},
    {"GET https://user:pa55@example.com/a@b", "GET https://…@example.com/a@b"},
    {"\"sk-12345678\",\"sk-87654321\"", "\"sk-…\",\"sk-…\""},
    {"Bearer sk-12345678", "Bearer …"},
};

TEST(Redact, BlotsOutEveryKindOfCredential) {
  for (const auto& c : kSecrets) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(redact(c.text), c.expected);
  }
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  for (const char* text :
       {"", "task_01J8ZQ4Y7M3K2N1P0R9S8T7V6W", "task-1234567890", "a risk-assessment12", "sk-short",
        "the bearer of news", "Bearer of", "https://example.com/a?b=c@d", "mailto://@x", "eyJ.x",
        "eyJhbGciOiJIUzI1NiJ9.only", "AIzabc", "desk-12345678901", "tg_liver", "größe …"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(redact(text), text);
  }
}

TEST(Redact, LooksAtLongTextOnce) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "-eyJ";
  EXPECT_EQ(redact(text), text);
  EXPECT_EQ(redact(text + " sk-12345678"), text + " sk-…");
}

TEST(SecretNames, AreToldFromNamesOfMeasures) {
  for (const char* name :
       {"api_key", "api_keyy", "apikey", "key", "Authorization", "webhook_secret", "x-api-key",
        "password", "access_token", "tls_key", "X-Auth-Token"})
    EXPECT_TRUE(is_secret_name(name)) << name;
  for (const char* name :
       {"task", "monkey", "keys", "input_tokens", "first_token_ms", "tokens", "status", "path"})
    EXPECT_FALSE(is_secret_name(name)) << name;
}

TEST(MaskSecret, ShowsKindAndTail) {
  EXPECT_EQ(mask_secret("sk-proj-abcdef0123459f"), "sk-…9f");
  EXPECT_EQ(mask_secret("0123456789abcdef"), "…ef");
  EXPECT_EQ(mask_secret("short"), "…");
  EXPECT_EQ(mask_secret(""), "");
}

}  // namespace
}  // namespace taskgate::log

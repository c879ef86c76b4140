#include "taskgate/core/base64.hpp"

#include "taskgate/core/ids.hpp"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

struct Base64Case {
  std::string bytes;
  std::string text;
};

// RFC 4648 §10
const Base64Case kRfcVectors[] = {{"", ""},
                                  {"f", "Zg=="},
                                  {"fo", "Zm8="},
                                  {"foo", "Zm9v"},
                                  {"foob", "Zm9vYg=="},
                                  {"fooba", "Zm9vYmE="},
                                  {"foobar", "Zm9vYmFy"},
                                  {std::string("\xff\xfe\x00", 3), "//4A"}};

TEST(Base64, EncodesAndDecodesTheRfcVectors) {
  for (const auto& c : kRfcVectors) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(base64_encode(c.bytes), c.text);
    EXPECT_EQ(base64_decode(c.text), c.bytes);
  }
}

TEST(Base64, RefusesEverySpellingButTheOne) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
                           "Zm-_", "Zg==Zg==", "Z=g=", "Zm9vZ"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(base64_decode(text), std::nullopt);
  }
}

TEST(Base64, RandomBytesComeBack) {
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string bytes = random_bytes(length);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

}  // namespace
}  // namespace taskgate

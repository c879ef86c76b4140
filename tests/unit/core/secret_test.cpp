#include "taskgate/core/secret.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <new>
#include <ostream>
#include <type_traits>

namespace taskgate {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, CannotBePrintedOrConverted) {
  EXPECT_FALSE(Printable<Secret>);
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Secret>));
}

TEST(Secret, MovesAndCopies) {
  Secret first(std::string("a rather long secret, not in place"));
  Secret copy = first;
  Secret moved = std::move(first);

  EXPECT_EQ(copy.reveal(), "a rather long secret, not in place");
  EXPECT_EQ(moved.reveal(), copy.reveal());
  EXPECT_TRUE(first.empty());  // NOLINT: what is left is the point
  moved = copy;
  copy = std::move(moved);
  EXPECT_EQ(copy.reveal(), "a rather long secret, not in place");
}

TEST(Secret, LeavesNoBytesBehindInPlace) {
  // A short secret lives inside the object: its storage can be looked at after the destructor.
  alignas(Secret) unsigned char storage[sizeof(Secret)] = {};
  auto* secret = new (storage) Secret(std::string("hunter2hunter2"));
  ASSERT_EQ(secret->reveal(), "hunter2hunter2");

  secret->~Secret();

  const std::string_view bytes(reinterpret_cast<const char*>(storage), sizeof storage);
  EXPECT_EQ(bytes.find("hunter2"), std::string_view::npos);
}

}  // namespace
}  // namespace taskgate

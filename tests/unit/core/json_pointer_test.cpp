#include "taskgate/core/json_pointer.hpp"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

TEST(JsonPointer, EscapesWhatWouldEndASegment) {
  std::string pointer;
  append_pointer_segment(pointer, "a/b~c");
  append_pointer_segment(pointer, "");
  append_pointer_segment(pointer, std::size_t{12});

  EXPECT_EQ(pointer, "/a~1b~0c//12");
}

TEST(JsonPointer, ASegmentReadsBackAsItWas) {
  for (const std::string segment : {"", "a", "~", "/", "~1", "~01", "a~~//b"}) {
    std::string pointer;
    append_pointer_segment(pointer, segment);

    EXPECT_EQ(unescaped_pointer_segment(std::string_view(pointer).substr(1)), segment);
  }
}

TEST(JsonPointer, WhatIsNoEscapeStaysAsItIs) {
  EXPECT_EQ(unescaped_pointer_segment("a~2b~"), "a~2b~");
}

}  // namespace
}  // namespace taskgate

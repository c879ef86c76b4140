#include "store/sqlite/scrubbing_vfs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace taskgate::store::sqlite {
namespace {

using Page = std::vector<unsigned char>;

// A page of 512 bytes full of leftovers, with a b-tree header at `header`.
Page page_with(int kind, std::size_t header, int cells, int content) {
  Page page(512, 0xEE);
  page[header] = static_cast<unsigned char>(kind);
  page[header + 3] = 0;
  page[header + 4] = static_cast<unsigned char>(cells);
  page[header + 5] = static_cast<unsigned char>(content >> 8);
  page[header + 6] = static_cast<unsigned char>(content & 0xFF);
  return page;
}

// The zeroed range of a page, as [first, last).
std::pair<std::ptrdiff_t, std::ptrdiff_t> zeroed(const Page& page, const Page& before) {
  const auto differs = [&](std::size_t i) { return page[i] != before[i]; };
  std::ptrdiff_t first = -1;
  std::ptrdiff_t last = -1;
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (!differs(i)) continue;
    EXPECT_EQ(page[i], 0);
    if (first < 0) first = static_cast<std::ptrdiff_t>(i);
    last = static_cast<std::ptrdiff_t>(i) + 1;
  }
  return {first, last};
}

TEST(ScrubPage, ZeroesTheGapOfALeaf) {
  for (const int kind : {0x0A, 0x0D}) {
    auto page = page_with(kind, 0, 3, 300);
    const auto before = page;
    scrub_page(page, false);
    EXPECT_EQ(zeroed(page, before), std::pair(std::ptrdiff_t{8 + 6}, std::ptrdiff_t{300}));
  }
}

TEST(ScrubPage, ZeroesTheGapOfAnInteriorPage) {
  for (const int kind : {0x02, 0x05}) {
    auto page = page_with(kind, 0, 3, 300);
    const auto before = page;
    scrub_page(page, false);
    EXPECT_EQ(zeroed(page, before), std::pair(std::ptrdiff_t{12 + 6}, std::ptrdiff_t{300}));
  }
}

TEST(ScrubPage, StepsOverTheHeaderOfTheFile) {
  auto page = page_with(0x0D, 100, 1, 200);
  const auto before = page;
  scrub_page(page, true);
  EXPECT_EQ(zeroed(page, before), std::pair(std::ptrdiff_t{100 + 8 + 2}, std::ptrdiff_t{200}));
}

TEST(ScrubPage, LeavesOtherPagesAlone) {
  for (const int kind : {0x00, 0x01, 0x03, 0x0C, 0xFF}) {
    auto page = page_with(kind, 0, 3, 300);
    const auto before = page;
    scrub_page(page, false);
    EXPECT_EQ(page, before);
  }
}

TEST(ScrubPage, LeavesAPageThatContradictsItselfAlone) {
  auto past_the_end = page_with(0x0D, 0, 3, 513);
  auto overlapping = page_with(0x0D, 0, 200, 300);
  for (auto* page : {&past_the_end, &overlapping}) {
    const auto before = *page;
    scrub_page(*page, false);
    EXPECT_EQ(*page, before);
  }
}

}  // namespace
}  // namespace taskgate::store::sqlite

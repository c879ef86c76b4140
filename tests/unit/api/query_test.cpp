#include "api/query_reader.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace taskgate::api {
namespace {

constexpr auto kKnown = std::to_array<std::string_view>({"limit", "status", "metadata.", "after"});

net::Request with_query(const std::string& query) {
  net::Request request;
  request.query = query;
  return request;
}

TEST(QueryReader, ReadsTypedParameters) {
  QueryReader query(
      with_query("limit=7&status=a,b,&metadata.x%20y=1+2&after=2026-03-01T09%3A30%3A00Z"), kKnown);

  EXPECT_EQ(query.integer("limit", 1, 10), 7);
  EXPECT_EQ(query.list("status"), (std::vector<std::string>{"a", "b", ""}));
  EXPECT_EQ(query.with_prefix("metadata.").at(0),
            (std::pair<std::string, std::string>("x y", "1 2")));
  EXPECT_EQ(to_rfc3339(*query.time("after")), "2026-03-01T09:30:00.000Z");
  EXPECT_FALSE(query.problem());
}

TEST(QueryReader, ListsEveryFault) {
  QueryReader query(with_query("limt=1&limit=0&status=a&status=b&metadata.=1&after=now"), kKnown);
  (void)query.integer("limit", 1, 10);
  (void)query.time("after");
  const auto problem = query.problem();

  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, ProblemCode::invalid_parameter);
  ASSERT_EQ(problem->faults.size(), 5U);
  EXPECT_EQ(problem->faults[0].path, "?limt");
  EXPECT_NE(problem->faults[0].message.find("did you mean \"limit\"?"), std::string::npos);
  EXPECT_EQ(problem->faults[1].path, "?status");
  EXPECT_EQ(problem->faults[2].path, "?metadata.");
  EXPECT_EQ(problem->faults[3].path, "?limit");
  EXPECT_EQ(problem->faults[4].path, "?after");
}

TEST(QueryReader, IntegersAreWholeAndInRange) {
  for (const auto* text : {"", "1.5", "+1", "0x1", "1 ", "11", "-1", "99999999999999999999"}) {
    QueryReader query(with_query("limit=" + std::string(text)), kKnown);
    EXPECT_FALSE(query.integer("limit", 1, 10)) << text;
    EXPECT_TRUE(query.problem()) << text;
  }
}

TEST(QueryReader, RefusesBrokenPercentEncoding) {
  EXPECT_TRUE(QueryReader(with_query("limit=%zz"), kKnown).problem());
}

TEST(Cursor, ComesBackAsItWasAndIsTiedToItsKind) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\xfd\x3e\x3f"}) {
    const auto cursor = make_cursor('t', bytes);

    EXPECT_EQ(cursor.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(read_cursor('t', cursor), bytes);
    EXPECT_FALSE(read_cursor('d', cursor));
  }
}

TEST(Cursor, RefusesGarbage) {
  for (const auto* text : {"", "!", "abc=", "dA==", "d+", "AAAA", " dA"})
    EXPECT_FALSE(read_cursor('t', text)) << text;
  EXPECT_FALSE(read_cursor('t', std::string(200, 'd')));
}

}  // namespace
}  // namespace taskgate::api

#include "net/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::net {
namespace {

using Status = ChunkedDecoder::Status;

struct Decoded {
  std::string payload;
  std::size_t consumed = 0;
  Status status = Status::more;
};

Decoded decode(const std::vector<std::string>& pieces) {
  ChunkedDecoder decoder;
  Decoded all;
  for (std::string piece : pieces) {
    if (all.status != Status::more) break;
    const auto progress = decoder.decode(piece.data(), piece.size());
    all.payload.append(piece.data(), progress.produced);
    all.consumed += progress.consumed;
    all.status = progress.status;
  }
  return all;
}

std::vector<std::vector<std::string>> every_cut(const std::string& wire) {
  std::vector<std::vector<std::string>> cuts{{wire}};
  for (std::size_t at = 0; at <= wire.size(); ++at) {
    cuts.push_back({wire.substr(0, at), wire.substr(at)});
  }
  std::vector<std::string> single;
  for (const char c : wire) single.emplace_back(1, c);
  cuts.push_back(single);
  return cuts;
}

TEST(ChunkedDecoder, DecodesTheSameAtEveryCut) {
  const std::string wire =
      "5\r\nhello\r\n1;ext=\"a;b\"\r\n \r\n0000a \r\nworld\r\n12\n\r\n0\r\nX: y\r\nZ:\r\n\r\nNEXT";

  for (const auto& pieces : every_cut(wire)) {
    const Decoded got = decode(pieces);

    EXPECT_EQ(got.payload, "hello world\r\n12\n");
    EXPECT_EQ(got.status, Status::done);
    EXPECT_EQ(got.consumed, wire.size() - 4) << "what follows belongs to the next response";
  }
}

TEST(ChunkedDecoder, AQuotedExtensionEndsOnItsLine) {
  EXPECT_EQ(decode({"1;a=\"x\\\"y\"\r\nz\r\n0\r\n\r\n"}).payload, "z");
  EXPECT_EQ(decode({"1;a=\"\r\nz\r\n0\r\n\r\n"}).status, Status::bad);
  EXPECT_EQ(decode({"1;a=\"x\\\"\r\nz\r\n0\r\n\r\n"}).status, Status::bad);
}

TEST(ChunkedDecoder, WantsMoreUntilTheLastLineFeed) {
  const std::string wire = "3\r\nabc\r\n0\r\n\r\n";

  for (std::size_t length = 0; length < wire.size(); ++length) {
    EXPECT_EQ(decode({wire.substr(0, length)}).status, Status::more) << length;
  }
  EXPECT_EQ(decode({wire}).status, Status::done);
}

TEST(ChunkedDecoder, RefusesBrokenFraming) {
  const std::vector<std::string> broken{
      "\r\n",
      "x\r\n",
      "-1\r\n",
      " 5\r\nhello\r\n",
      "5\nhello\r\n",
      "5\r\nhelloX\r\n",
      "5\r\nhello\n",
      "5 x\r\nhello\r\n",
      "0x5\r\nhello\r\n",
      "11111111111111111\r\n",
      "00000000000000005\r\nhello\r\n",
      "0\r\nX: y\n\r\n",
      "0\r\n\n",
      "1;" + std::string(5000, 'e') + "\r\nx\r\n",
      "0\r\nX: " + std::string(20000, 't') + "\r\n\r\n",
  };

  for (const std::string& wire : broken) {
    for (const auto& pieces : every_cut(wire.size() > 100 ? wire.substr(0, 100) : wire)) {
      if (wire.size() <= 100) {
        EXPECT_EQ(decode(pieces).status, Status::bad) << wire;
      }
    }
    EXPECT_EQ(decode({wire}).status, Status::bad) << wire.substr(0, 40);
  }
}

TEST(ChunkedDecoder, TakesTheLargestSizeWithoutOverflow) {
  const Decoded got = decode({"FFFFFFFFFFFFFFFF\r\nabc"});

  EXPECT_EQ(got.status, Status::more);
  EXPECT_EQ(got.payload, "abc");
}

}  // namespace
}  // namespace taskgate::net

#pragma once
// A DeltaSink that keeps what it is given, for tests of providers.

#include "taskgate/providers/provider.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <string>
#include <vector>

namespace taskgate::test {

class RecordingSink final : public providers::DeltaSink {
 public:
  void on_delta(const providers::Delta& delta) override {
    (delta.kind == providers::Delta::Kind::text ? text : reasoning).append(delta.text);
    pieces.emplace_back(delta.text);
  }
  void on_progress(double fraction) override { progress.push_back(fraction); }
  bool full() const override { return full_every != 0 && pieces.size() % full_every == 0; }
  boost::asio::awaitable<void> drained() override {
    ++waits;
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }

  std::string text;
  std::string reasoning;
  std::vector<std::string> pieces;
  std::vector<double> progress;
  std::size_t full_every = 0;  ///< full() after every so many deltas; 0: never
  int waits = 0;
};

/// Whether the text is well-formed UTF-8 (Unicode 15 table 3-7), by a decoder of its own.
inline bool is_valid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    std::size_t length = 1;
    unsigned code = byte(0);
    if (code >= 0x80) {
      if (code >= 0xF0) {
        length = 4;
        code &= 0x07;
      } else if (code >= 0xE0) {
        length = 3;
        code &= 0x0F;
      } else if (code >= 0xC0) {
        length = 2;
        code &= 0x1F;
      } else {
        return false;
      }
      if (at + length > text.size()) return false;
      for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return false;
        code = (code << 6) | (byte(i) & 0x3F);
      }
      const unsigned least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
      if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    }
    at += length;
  }
  return true;
}

}  // namespace taskgate::test

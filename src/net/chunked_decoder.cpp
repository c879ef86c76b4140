#include "net/chunked_decoder.hpp"

#include <algorithm>
#include <cstring>

namespace taskgate::net {
namespace {

constexpr std::size_t kMaxExtensionBytes = 4096;  // of one chunk
constexpr std::size_t kMaxTrailerBytes = 16 * 1024;
constexpr unsigned kMaxSizeDigits = 16;  // 64 bits

int size_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedDecoder::Progress ChunkedDecoder::decode(char* data, std::size_t size) {
  Progress progress;
  while (progress.consumed < size && state_ != State::done && state_ != State::bad) {
    if (state_ == State::data) {
      const std::size_t left = size - progress.consumed;
      const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(left, remaining_));
      if (progress.produced != progress.consumed) {
        std::memmove(data + progress.produced, data + progress.consumed, run);
      }
      progress.produced += run;
      progress.consumed += run;
      remaining_ -= run;
      if (remaining_ == 0) state_ = State::data_carriage;
      continue;
    }
    state_ = step(data[progress.consumed++]);
  }
  if (state_ == State::done) progress.status = Status::done;
  if (state_ == State::bad) progress.status = Status::bad;
  return progress;
}

ChunkedDecoder::State ChunkedDecoder::step(char c) {
  switch (state_) {
    case State::size_start:
    case State::size:
    case State::size_space:
    case State::extension:
    case State::extension_quoted:
    case State::extension_escaped:
    case State::size_line_feed:
      return step_size(c);
    case State::data_carriage:
      return c == '\r' ? State::data_line_feed : State::bad;
    case State::data_line_feed:
      return c == '\n' ? State::size_start : State::bad;
    default:
      return step_trailer(c);
  }
}

ChunkedDecoder::State ChunkedDecoder::step_size(char c) {
  if (state_ == State::size_line_feed) {
    if (c != '\n') return State::bad;
    return remaining_ == 0 ? State::trailer_start : State::data;
  }
  if (state_ == State::size_start) {
    digits_ = 0;
    remaining_ = 0;
    extension_bytes_ = 0;
  }
  if (state_ == State::size_start || state_ == State::size) {
    const int digit = size_digit(c);
    if (digit >= 0) {
      if (++digits_ > kMaxSizeDigits) return State::bad;
      remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
      return State::size;
    }
    if (digits_ == 0) return State::bad;
  }
  if (c == '\n' || c == '\0') return State::bad;
  if (state_ >= State::extension && state_ <= State::extension_escaped) return step_extension(c);
  if (c == '\r') return State::size_line_feed;
  if (++extension_bytes_ > kMaxExtensionBytes) return State::bad;
  // Between size and ';' white space is allowed (RFC 9112 §7.1.1), anything else is not.
  if (c == ' ' || c == '\t') return State::size_space;
  return c == ';' ? State::extension : State::bad;
}

// A quoted value must end on its line (RFC 9110 §5.6.4): to another reader the CRLF of one left
// open could be part of it.
ChunkedDecoder::State ChunkedDecoder::step_extension(char c) {
  if (c == '\r') return state_ == State::extension ? State::size_line_feed : State::bad;
  if (++extension_bytes_ > kMaxExtensionBytes) return State::bad;
  if (state_ == State::extension_escaped) return State::extension_quoted;
  if (c == '"') return state_ == State::extension ? State::extension_quoted : State::extension;
  if (c == '\\' && state_ == State::extension_quoted) return State::extension_escaped;
  return state_;
}

ChunkedDecoder::State ChunkedDecoder::step_trailer(char c) {
  if (++trailer_bytes_ > kMaxTrailerBytes) return State::bad;
  switch (state_) {
    case State::trailer_start:
      if (c == '\r') return State::end_line_feed;
      return c == '\n' || c == '\0' ? State::bad : State::trailer;
    case State::trailer:
      if (c == '\r') return State::trailer_line_feed;
      return c == '\n' || c == '\0' ? State::bad : State::trailer;
    case State::trailer_line_feed:
      return c == '\n' ? State::trailer_start : State::bad;
    case State::end_line_feed:
      return c == '\n' ? State::done : State::bad;
    default:
      return State::bad;
  }
}

}  // namespace taskgate::net

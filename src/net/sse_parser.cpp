#include "taskgate/net/sse.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace taskgate::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr unsigned kMarkDone = 4;

// Where the line ends (index of its CR or LF), or npos.
std::size_t find_line_end(std::string_view text) noexcept {
  const auto* feed = static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
  const std::size_t upto =
      feed != nullptr ? static_cast<std::size_t>(feed - text.data()) : text.size();
  if (upto != 0) {
    const auto* carriage = static_cast<const char*>(std::memchr(text.data(), '\r', upto));
    if (carriage != nullptr) return static_cast<std::size_t>(carriage - text.data());
  }
  return feed != nullptr ? upto : std::string_view::npos;
}

// Digits only, and no overflow (WHATWG: anything else is ignored).
std::optional<std::uint64_t> parse_retry(std::string_view value) noexcept {
  if (value.empty()) return std::nullopt;
  std::uint64_t result = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (result > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    result = result * 10 + digit;
  }
  return result;
}

}  // namespace

SseParser::Status SseParser::feed(std::string_view bytes, SseVisitor& visitor) {
  if (mark_matched_ != kMarkDone) bytes.remove_prefix(skip_byte_order_mark(bytes));
  while (status_ == Status::ok && !bytes.empty()) {
    if (skip_line_feed_) {
      skip_line_feed_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const std::size_t end = find_line_end(bytes);
    const std::size_t length = std::min(end, bytes.size());
    if (partial_line_.size() + length > limits_.max_line_bytes) {
      status_ = Status::line_too_long;
      break;
    }
    if (end == std::string_view::npos) {
      partial_line_.append(bytes);
      break;
    }
    skip_line_feed_ = bytes[end] == '\r';
    if (partial_line_.empty()) {
      take_line(bytes.substr(0, end), visitor);
    } else {
      keep_views();  // the line lives in our own buffer, which the next cut line will reuse
      partial_line_.append(bytes.substr(0, end));
      take_line(partial_line_, visitor);
      keep_views();
      partial_line_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  keep_views();
  return status_;
}

SseParser::Status SseParser::finish(SseVisitor& visitor) {
  if (status_ != Status::ok) return status_;
  if (mark_matched_ != kMarkDone) {
    partial_line_.insert(0, kByteOrderMark.substr(0, mark_matched_));
    mark_matched_ = kMarkDone;
  }
  if (!partial_line_.empty()) {
    take_line(partial_line_, visitor);
    keep_views();
    partial_line_.clear();
  }
  if (data_state_ != DataState::none && status_ == Status::ok) dispatch(visitor, true);
  return status_;
}

// Returns how many bytes belong to the mark. A mark that turns out to be none is given back.
std::size_t SseParser::skip_byte_order_mark(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && mark_matched_ < kByteOrderMark.size()) {
    if (bytes[used] != kByteOrderMark[mark_matched_]) {
      const std::size_t from_earlier = mark_matched_ - used;
      partial_line_.assign(kByteOrderMark.substr(0, from_earlier));
      mark_matched_ = kMarkDone;
      return 0;
    }
    ++used;
    ++mark_matched_;
  }
  if (mark_matched_ == kByteOrderMark.size()) mark_matched_ = kMarkDone;
  return used;
}

void SseParser::take_line(std::string_view line, SseVisitor& visitor) {
  if (stray_depth_ > 0) {
    take_stray(line, visitor);
    return;
  }
  if (line.empty()) {
    if (data_state_ != DataState::none) dispatch(visitor, false);
    event_type_.clear();
    return;
  }
  if (line.front() == '{') {
    take_stray(line, visitor);
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  if (colon == std::string_view::npos) {
    take_field(line, std::string_view());
    return;
  }
  std::string_view value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    append_data(value);
  } else if (name == "event") {
    event_type_.assign(value);
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_.assign(value);
  } else if (name == "retry") {
    if (const auto retry = parse_retry(value)) retry_ms_ = retry;
  }
}

void SseParser::append_data(std::string_view value) {
  if (data_state_ == DataState::none) {
    if (over_event_limit(value.size())) return;
    data_view_ = value;
    data_state_ = DataState::view;
    return;
  }
  keep_views();
  if (over_event_limit(data_.size() + 1 + value.size())) return;
  data_.push_back('\n');
  data_.append(value);
}

// Follows the nesting of a bare JSON object; hands it out when its last brace closes.
void SseParser::take_stray(std::string_view line, SseVisitor& visitor) {
  if (over_event_limit(stray_.size() + line.size() + 1)) return;
  stray_.append(line).push_back('\n');
  for (const char c : line) {
    if (stray_in_string_) {
      if (stray_escaped_) {
        stray_escaped_ = false;
      } else if (c == '\\') {
        stray_escaped_ = true;
      } else if (c == '"') {
        stray_in_string_ = false;
      }
    } else if (c == '"') {
      stray_in_string_ = true;
    } else if (c == '{') {
      ++stray_depth_;
    } else if (c == '}') {
      --stray_depth_;
    }
  }
  if (stray_depth_ > 0) return;
  stray_depth_ = 0;
  stray_in_string_ = stray_escaped_ = false;
  SseEvent event;
  event.data = stray_;
  event.id = last_id_;
  event.bare_json = true;
  visitor.on_event(event);
  stray_.clear();
}

void SseParser::dispatch(SseVisitor& visitor, bool unterminated) {
  SseEvent event;
  event.event = event_type_;
  event.data = data_state_ == DataState::view ? data_view_ : std::string_view(data_);
  event.id = last_id_;
  event.unterminated = unterminated;
  visitor.on_event(event);
  data_state_ = DataState::none;
  data_view_ = std::string_view();
  data_.clear();
  event_type_.clear();
}

// Copies a pending view before the bytes under it go away.
void SseParser::keep_views() {
  if (data_state_ != DataState::view) return;
  data_.assign(data_view_);
  data_view_ = std::string_view();
  data_state_ = DataState::owned;
}

bool SseParser::over_event_limit(std::size_t bytes) noexcept {
  if (bytes <= limits_.max_event_bytes) return false;
  status_ = Status::event_too_long;
  return true;
}

}  // namespace taskgate::net

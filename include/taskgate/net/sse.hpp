#pragma once
// Server-sent events, both ways: frames for our own streams, and an incremental parser for what
// upstreams send (WHATWG HTML §9.2.6, with three deviations that model upstreams make necessary).
// Pure: no sockets, no clock.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::net {

/// Appends one frame: `id: N`, `event: …`, one `data:` line per line of `data` (LF, CR or CRLF),
/// blank line. `event` must hold no line break; empty leaves the field out. Without `id` the field
/// is left out too.
void append_sse_frame(std::string& out,
                      std::optional<std::uint64_t> id,
                      std::string_view event,
                      std::string_view data);
/// Appends a comment frame (`: text`), which every reader ignores: the heartbeat.
void sse_comment(std::string& out, std::string_view text);

/// One event as the parser hands it out. The views are valid during the call only.
struct SseEvent {
  std::string_view event;     ///< empty: the default type ("message")
  std::string_view data;      ///< data lines joined by LF
  std::string_view id;        ///< last event id seen so far on this stream
  bool unterminated = false;  ///< the stream ended before this event's blank line: judge its data
  bool bare_json = false;     ///< not an event at all: a JSON object outside of any field (Gemini's
                              ///< way to report an error in the middle of a stream)
};

/// Takes events.
class SseVisitor {
 public:
  virtual ~SseVisitor() = default;
  virtual void on_event(const SseEvent& event) = 0;
};

struct SseLimits {
  std::size_t max_line_bytes = 8U << 20;
  std::size_t max_event_bytes = 32U << 20;
};

/// Incremental parser. Works in one pass over the fed bytes and copies only what a feed cuts in
/// two.
///
/// Deviations from WHATWG, each visible in SseEvent: an event that the end of the stream left
/// without its blank line is handed out flagged `unterminated` (WHATWG drops it); a JSON object
/// that stands outside of any field is handed out flagged `bare_json` (WHATWG ignores its lines).
/// `[DONE]` is ordinary data: whoever knows the protocol judges it.
class SseParser {
 public:
  enum class Status { ok, line_too_long, event_too_long };

  SseParser() = default;
  explicit SseParser(SseLimits limits) : limits_(limits) {}

  /// Parses the next bytes of the stream, cut anywhere. After a status other than ok the parser
  /// takes no more.
  Status feed(std::string_view bytes, SseVisitor& visitor);
  /// The stream is over: hands out what it left unterminated, if anything.
  Status finish(SseVisitor& visitor);

  /// The newest `retry:` of the stream, in milliseconds.
  std::optional<std::uint64_t> retry_ms() const noexcept { return retry_ms_; }

 private:
  std::size_t skip_byte_order_mark(std::string_view bytes);
  void take_line(std::string_view line, SseVisitor& visitor);
  void take_field(std::string_view name, std::string_view value);
  void take_stray(std::string_view line, SseVisitor& visitor);
  void append_data(std::string_view value);
  void dispatch(SseVisitor& visitor, bool unterminated);
  void keep_views();
  bool over_event_limit(std::size_t bytes) noexcept;

  SseLimits limits_;
  Status status_ = Status::ok;
  unsigned mark_matched_ = 0;  // bytes of the byte order mark seen; 3 or kMarkDone: decided
  bool skip_line_feed_ = false;
  std::string partial_line_;
  std::string_view data_view_;  // the only data line so far, inside the bytes being fed
  std::string data_;            // otherwise: the data lines so far
  enum class DataState { none, view, owned } data_state_ = DataState::none;
  std::string event_type_;
  std::string last_id_;
  std::string stray_;  // a bare JSON object under way
  int stray_depth_ = 0;
  bool stray_in_string_ = false;
  bool stray_escaped_ = false;
  std::optional<std::uint64_t> retry_ms_;
};

}  // namespace taskgate::net

#pragma once
// An HTTP/1.1 server on loopback that answers exactly what a test scripted, byte by byte where it
// matters: cut streams, stalls, resets, broken framing. It never interprets what it sends.

#include "support/test_certificates.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::test {

/// A request as it came.
struct SeenRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::size_t connection = 0;  ///< 1 for the first connection accepted, and so on

  /// The first field of that (lower case) name, or "".
  std::string header(std::string_view name) const;
};

/// What to answer to one request: steps in order. Unless the last one closes, the connection stays
/// open for the next request.
class Reply {
 public:
  enum class Kind {
    send,   ///< write the bytes, in one write
    pause,  ///< wait that long
    stall,  ///< wait for ScriptedUpstream::release()
    hang,   ///< wait until the peer closes
    close,  ///< close in order (FIN; over TLS without close_notify)
    reset   ///< RST
  };
  struct Step {
    Kind kind = Kind::send;
    std::string bytes;
    std::chrono::milliseconds pause{0};
  };

  /// Exactly these bytes.
  static Reply raw(std::string bytes);
  /// A response with Content-Length.
  static Reply whole(unsigned status, std::string_view content_type, std::string_view body);
  static Reply json(unsigned status, std::string_view body);
  /// Head of a chunked response; go on with chunk() and last_chunk().
  static Reply chunked(unsigned status, std::string_view content_type);
  /// A complete event stream; every piece is one chunk and one write.
  static Reply sse(const std::vector<std::string>& pieces);

  Reply& header(std::string_view name, std::string_view value);  ///< into the head
  Reply& send(std::string bytes);
  Reply& chunk(std::string_view payload);
  Reply& last_chunk();
  Reply& pause(std::chrono::milliseconds duration);
  Reply& stall();
  Reply& hang();
  Reply& close();
  Reply& reset();

  const std::vector<Step>& steps() const noexcept { return steps_; }

 private:
  std::vector<Step> steps_;
};

struct UpstreamOptions {
  const TestCertificates* certificates = nullptr;  ///< set: TLS
  LeafOptions leaf;
  bool close_on_accept = false;  ///< never reads a byte
};

/// Own thread, port of the system's choice. Thread-safe.
class ScriptedUpstream {
 public:
  ScriptedUpstream();
  explicit ScriptedUpstream(UpstreamOptions options);
  ~ScriptedUpstream();
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT", or https.
  std::string url() const;

  /// Replies are used in the order of requests, whatever the connection; then `otherwise` answers
  /// (500 unless set).
  void enqueue(Reply reply);
  void otherwise(std::function<Reply(const SeenRequest&)> handler);
  /// Lets one stall() pass, now or when it is reached.
  void release();

  std::vector<SeenRequest> requests() const;
  std::size_t connections() const;  ///< accepted so far
  /// Waits until so many requests were read (their replies may not have begun).
  bool wait_for_requests(std::size_t count, std::chrono::milliseconds patience) const;
  /// Waits until so many connections were ended by the peer.
  bool wait_for_disconnects(std::size_t count, std::chrono::milliseconds patience) const;
  /// Waits until so many connections were closed on this side, by a step of a reply or after the
  /// peer.
  bool wait_for_endings(std::size_t count, std::chrono::milliseconds patience) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskgate::test

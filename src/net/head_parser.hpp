#pragma once
// Reads a request's head out of buffered bytes: Beast's grammar, our own storage. The parser stops
// at the end of the head, so trailers can never be merged into the headers (Beast 1.81's own
// message does that), and no header is allocated twice.

#include "net/header_guard.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <string_view>

namespace taskgate::net {

enum class HeadStatus {
  need_more,  ///< not all there yet
  done,       ///< head() is complete
  malformed,  ///< not HTTP, or a framing that Beast itself refuses
  too_large   ///< over max_header_bytes or max_header_count
};

class HeadParser final : private boost::beast::http::basic_parser<true> {
 public:
  explicit HeadParser(const GuardLimits& limits);

  /// Goes on with everything received since the head's first byte (`raw` grows from call to call).
  HeadStatus parse(std::string_view raw);

  /// Complete after `done`; what was read so far otherwise.
  RequestHead& head() noexcept { return head_; }
  /// What version and Connection field say, after `done`.
  bool wants_keep_alive() const { return keep_alive(); }
  /// True when the request line itself is what is too large.
  static bool is_target_too_long(std::string_view raw, const GuardLimits& limits) noexcept;

 private:
  using View = boost::beast::string_view;
  using Error = boost::beast::error_code;
  using Length = boost::optional<std::uint64_t>;

  void on_request_impl(
      boost::beast::http::verb verb, View method, View target, int version, Error& ec) override;
  void on_field_impl(boost::beast::http::field field, View name, View value, Error& ec) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const Length&, Error&) override {}
  std::size_t on_body_impl(View, Error&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View, Error&) override { return 0; }
  void on_finish_impl(Error&) override {}
  // Pure virtual in Boost 1.90 and later, unknown before: hence no `override`.
  virtual void on_trailer_field_impl(boost::beast::http::field, View, View, Error&) {}

  const GuardLimits& limits_;
  RequestHead head_;
  std::size_t parsed_ = 0;
};

}  // namespace taskgate::net

#include "net/head_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace http = boost::beast::http;

namespace taskgate::net {
namespace {

constexpr std::size_t kTypicalFields = 12;

/// tchar of RFC 9110 §5.6.2, as far as a method can begin: told before a whole head has arrived,
/// so that a TLS hello on the plain port is not waited for.
bool may_begin_a_method(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

HeadParser::HeadParser(const GuardLimits& limits) : limits_(limits) {
  // Our own sum below is the bound; Beast's counts start line and fields apart.
  header_limit(static_cast<std::uint32_t>(limits.max_header_bytes + 4));
  body_limit(boost::none);
  skip(true);  // the body's framing is not Beast's business
}

HeadStatus HeadParser::parse(std::string_view raw) {
  if (raw.empty()) return HeadStatus::need_more;
  if (parsed_ == 0 && !may_begin_a_method(raw[0])) return HeadStatus::malformed;
  Error ec;
  // put() stops after the start line and after the fields.
  while (parsed_ < raw.size() && !is_done()) {
    parsed_ += put(boost::asio::buffer(raw.data() + parsed_, raw.size() - parsed_), ec);
    if (ec) break;
  }
  head_.bytes = parsed_;
  if (ec == http::error::header_limit) return HeadStatus::too_large;
  if (ec && ec != http::error::need_more) return HeadStatus::malformed;
  if (is_done()) {
    if (has_folded_line(raw.substr(0, parsed_))) return HeadStatus::malformed;
    return HeadStatus::done;
  }
  return raw.size() > limits_.max_header_bytes ? HeadStatus::too_large : HeadStatus::need_more;
}

bool HeadParser::is_target_too_long(std::string_view raw, const GuardLimits& limits) noexcept {
  return std::min(raw.find('\n'), raw.size()) > limits.max_target_bytes;
}

void HeadParser::on_request_impl(
    http::verb /*verb*/, View method, View target, int version, Error& /*ec*/) {
  head_.method.assign(method.data(), method.size());
  head_.target.assign(target.data(), target.size());
  head_.version = version;
}

void HeadParser::on_field_impl(http::field /*field*/, View name, View value, Error& ec) {
  if (head_.headers.all().size() >= limits_.max_header_count) {
    ec = http::error::header_limit;
    return;
  }
  if (head_.headers.all().empty()) head_.headers.reserve(kTypicalFields);
  head_.headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
}

}  // namespace taskgate::net

#include "net/response_writer.hpp"

#include <array>
#include <charconv>

namespace taskgate::net {
namespace {

struct Phrase {
  unsigned status;
  std::string_view text;
};

constexpr std::array kPhrases{
    // RFC 9110 §15, RFC 6585
    Phrase{100, "Continue"},
    Phrase{101, "Switching Protocols"},
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{402, "Payment Required"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{417, "Expectation Failed"},
    Phrase{422, "Unprocessable Content"},
    Phrase{426, "Upgrade Required"},
    Phrase{428, "Precondition Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

void append_number(std::string& out, std::size_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

std::string format_date(std::time_t now) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> rest{};
  std::string text(kDays[static_cast<std::size_t>(utc.tm_wday)]);
  std::strftime(rest.data(), rest.size(), ", %d ", &utc);  // digits only: no locale
  text += rest.data();
  text += kMonths[static_cast<std::size_t>(utc.tm_mon)];
  std::strftime(rest.data(), rest.size(), " %Y %H:%M:%S GMT", &utc);
  text += rest.data();
  return text;
}

}  // namespace

std::string_view DateCache::at(std::time_t now) {
  if (now != formatted_) {
    text_ = format_date(now);
    formatted_ = now;
  }
  return text_;
}

std::string_view reason_phrase(unsigned status) noexcept {
  for (const auto& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return {};
}

bool is_bodiless(unsigned status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

void append_head(std::string& out, const Response& response, const HeadOptions& options) {
  out += "HTTP/1.1 ";
  append_number(out, response.status());
  out += ' ';
  out += reason_phrase(response.status());
  out += "\r\nDate: ";
  out += options.date;
  out += "\r\nServer: taskgate\r\nX-Request-Id: ";
  out += options.request_id;
  out += "\r\n";
  out += response.header_lines();
  if (options.framing == ResponseFraming::length) {
    out += "Content-Length: ";
    append_number(out, response.body().size());
    out += "\r\n";
  } else if (options.framing == ResponseFraming::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (options.connection == ConnectionField::close) out += "Connection: close\r\n";
  if (options.connection == ConnectionField::keep_alive) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

}  // namespace taskgate::net

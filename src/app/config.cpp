#include "taskgate/app/config.hpp"

#include "app/settings.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace taskgate::app {

const char* to_string(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::openai_responses:
      return "openai_responses";
    case Protocol::anthropic:
      return "anthropic";
    case Protocol::gemini:
      return "gemini";
    case Protocol::openai_chat:
      break;
  }
  return "openai_chat";
}

const char* to_string(AuthMode mode) noexcept {
  return mode == AuthMode::open ? "open" : "keys";
}

bool is_loopback(const ListenAddress& address) {
  if (address.host == "localhost") return true;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host, error);
  return !error && ip.is_loopback();
}

std::string to_string(const ListenAddress& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  const std::string host = brackets ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

std::optional<ListenAddress> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // IPv6 without brackets: where the port begins is anyone's guess
  }
  if (host.find_first_of(" \t\r\n[]/@") != std::string_view::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return ListenAddress{std::string(host), port};
}

}  // namespace taskgate::app

#include "net/client_exchange.hpp"

#include <algorithm>
#include <cctype>

namespace taskgate::net {
namespace {

bool is_sendable_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

bool is_sendable_name(std::string_view name) noexcept {
  const auto is_name_char = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_name_char);
}

// Fields that frame the message or steer the connection are the client's own.
bool is_reserved_name(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "host" || lower == "content-length" || lower == "connection" ||
         lower == "transfer-encoding" || lower == "accept-encoding" || lower == "upgrade" ||
         lower == "te" || lower == "trailer" || lower == "expect" || lower == "proxy-authorization";
}

}  // namespace

Result<std::string> serialize_request(const ClientRequest& request,
                                      const Url& url,
                                      const RequestForm& form) {
  std::string wire;
  wire.reserve(512 + request.body.size());
  wire.append(to_string(request.method)).append(" ");
  if (form.forwarder != nullptr) wire.append("http://").append(url.authority);
  wire.append(url.target);
  wire.append(" HTTP/1.1\r\nHost: ").append(url.authority).append("\r\n");
  if (!form.user_agent.empty() && !request.headers.find("user-agent")) {
    wire.append("User-Agent: ").append(form.user_agent).append("\r\n");
  }
  if (form.forwarder != nullptr && !form.forwarder->authorization.empty()) {
    wire.append("Proxy-Authorization: ").append(form.forwarder->authorization.reveal());
    wire.append("\r\n");
  }
  for (const auto& [name, value] : request.headers.all()) {
    if (!is_sendable_name(name) || !is_sendable_value(value) || is_reserved_name(name)) {
      return Error(Errc::invalid_argument, "a request header field cannot be sent")
          .with_detail("field " + name.substr(0, 64));
    }
    wire.append(name).append(": ").append(value).append("\r\n");
  }
  const bool may_have_body = request.method != Method::get && request.method != Method::head;
  if (!request.body.empty() || may_have_body) {
    wire.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  wire.append("\r\n").append(request.body);
  return wire;
}

}  // namespace taskgate::net

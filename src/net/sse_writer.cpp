#include "taskgate/net/sse.hpp"

#include <array>
#include <charconv>

namespace taskgate::net {

void append_sse_frame(std::string& out,
                      std::optional<std::uint64_t> id,
                      std::string_view event,
                      std::string_view data) {
  out.reserve(out.size() + event.size() + data.size() + 48);
  if (id) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *id).ptr;
    out.append("id: ").append(digits.data(), end).push_back('\n');
  }
  if (!event.empty()) out.append("event: ").append(event).push_back('\n');
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).push_back('\n');
    if (end == std::string_view::npos) break;
    const bool crlf = data.substr(end, 2) == "\r\n";
    data.remove_prefix(end + (crlf ? 2 : 1));
  }
  out.push_back('\n');
}

void sse_comment(std::string& out, std::string_view text) {
  out.append(": ");
  // A line break would end the comment and start a field.
  for (const char c : text) out.push_back(c == '\n' || c == '\r' ? ' ' : c);
  out.append("\n\n");
}

}  // namespace taskgate::net

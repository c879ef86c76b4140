#include "support/api_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <stdexcept>

namespace taskgate::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr timeval kSilence{30, 0};

tcp::socket connect_to(asio::io_context& context, std::uint16_t port) {
  tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  socket.set_option(tcp::no_delay(true));
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &kSilence, sizeof kSilence);
  return socket;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <class Fields>
std::map<std::string, std::string> header_map(const Fields& fields) {
  std::map<std::string, std::string> map;
  for (const auto& field : fields)
    map[lower({field.name_string().data(), field.name_string().size()})] =
        std::string(field.value());
  return map;
}

std::string find_header(const std::map<std::string, std::string>& headers,
                        const std::string& name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

}  // namespace

std::string ApiReply::header(const std::string& lower_name) const {
  return find_header(headers, lower_name);
}

struct ApiClient::Impl {
  std::uint16_t port = 0;
  std::string bearer;
  asio::io_context context{1};
  std::optional<tcp::socket> socket;
  beast::flat_buffer buffer;

  ApiReply exchange(http::request<http::string_body>& request) {
    if (!socket) {
      socket = connect_to(context, port);
      buffer.clear();
    }
    http::write(*socket, request);
    http::response_parser<http::string_body> parser;
    parser.body_limit(64U << 20);
    if (request.method() == http::verb::head) parser.skip(true);
    http::read(*socket, buffer, parser);
    ApiReply reply;
    reply.status = parser.get().result_int();
    reply.headers = header_map(parser.get());
    reply.body = std::move(parser.get().body());
    if (!parser.get().keep_alive()) socket.reset();
    return reply;
  }
};

ApiClient::ApiClient(std::uint16_t port, std::string bearer) : impl_(std::make_unique<Impl>()) {
  impl_->port = port;
  impl_->bearer = std::move(bearer);
}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;

ApiReply ApiClient::call(std::string_view method,
                         std::string_view target,
                         std::string_view body,
                         HeaderList headers) {
  http::request<http::string_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.version(11);
  request.set(http::field::host, "127.0.0.1");
  if (!impl_->bearer.empty()) request.set(http::field::authorization, "Bearer " + impl_->bearer);
  if (!body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = std::string(body);
  }
  for (const auto& [name, value] : headers) request.set(name, value);
  if (!body.empty() || method == "POST" || method == "PUT") request.prepare_payload();
  const bool reused = impl_->socket.has_value();
  try {
    return impl_->exchange(request);
  } catch (const boost::system::system_error&) {
    impl_->socket.reset();
    if (!reused) throw;
  }
  return impl_->exchange(request);  // the server had closed the idle connection
}

nlohmann::json ApiClient::wait_final(const std::string& id, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto reply = get("/tasks/" + id + "?wait=5");
    if (reply.status != 200)
      throw std::runtime_error("GET /tasks/" + id + ": " + std::to_string(reply.status) + " " +
                               reply.body);
    auto task = reply.json();
    const auto status = task["status"].get<std::string>();
    if (status != "queued" && status != "running" && status != "waiting") return task;
  }
  throw std::runtime_error("task " + id + " did not end in time");
}

struct EventStream::Impl {
  asio::io_context context{1};
  tcp::socket socket{context};
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  std::string text;  // decoded and not yet parsed
  std::size_t comments = 0;
  bool ended = false;

  // False at the end of the body.
  bool fill() {
    if (parser.is_done() || ended) return false;
    char piece[4096];
    auto& body = parser.get().body();
    body.data = piece;
    body.size = sizeof piece;
    body.more = true;
    beast::error_code error;
    http::read_some(socket, buffer, parser, error);
    text.append(piece, sizeof piece - body.size);
    if (error && error != http::error::need_buffer) {
      if (error == asio::error::would_block)
        throw std::runtime_error("the stream was silent for 30 s");
      ended = true;
    }
    return true;
  }
};

EventStream::EventStream(std::uint16_t port,
                         const std::string& target,
                         const std::string& last_event_id,
                         const std::string& bearer)
    : impl_(std::make_unique<Impl>()) {
  impl_->socket = connect_to(impl_->context, port);
  http::request<http::empty_body> request{http::verb::get, target, 11};
  request.set(http::field::host, "127.0.0.1");
  request.set(http::field::accept, "text/event-stream");
  if (!last_event_id.empty()) request.set("Last-Event-ID", last_event_id);
  if (!bearer.empty()) request.set(http::field::authorization, "Bearer " + bearer);
  http::write(impl_->socket, request);
  impl_->parser.body_limit(boost::none);
  http::read_header(impl_->socket, impl_->buffer, impl_->parser);
}
EventStream::~EventStream() = default;

unsigned EventStream::status() const {
  return impl_->parser.get().result_int();
}

std::string EventStream::header(const std::string& lower_name) const {
  return find_header(header_map(impl_->parser.get()), lower_name);
}

std::size_t EventStream::comments() const {
  return impl_->comments;
}

std::optional<StreamEvent> EventStream::next() {
  for (;;) {
    const auto end = impl_->text.find("\n\n");
    if (end == std::string::npos) {
      if (!impl_->fill()) return std::nullopt;
      continue;
    }
    const std::string frame = impl_->text.substr(0, end);
    impl_->text.erase(0, end + 2);
    StreamEvent event;
    std::string data;
    for (std::size_t pos = 0; pos <= frame.size();) {
      const auto stop = std::min(frame.find('\n', pos), frame.size());
      const std::string line = frame.substr(pos, stop - pos);
      if (line.starts_with(":")) ++impl_->comments;
      if (line.starts_with("id: ")) event.id = line.substr(4);
      if (line.starts_with("event: ")) event.type = line.substr(7);
      if (line.starts_with("data: ")) data += line.substr(6);
      pos = stop + 1;
    }
    if (data.empty()) continue;  // a comment or the retry field alone
    event.data = nlohmann::json::parse(data, nullptr, false);
    return event;
  }
}

std::vector<StreamEvent> EventStream::rest() {
  std::vector<StreamEvent> events;
  while (auto event = next()) events.push_back(std::move(*event));
  return events;
}

std::string text_of(const std::vector<StreamEvent>& events) {
  std::string text;
  for (const auto& event : events) {
    if (event.type == "output.reset") text.clear();
    if (event.type == "output.delta") text += event.data["delta"]["text"].get<std::string>();
  }
  return text;
}

}  // namespace taskgate::test

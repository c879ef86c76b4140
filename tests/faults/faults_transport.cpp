// Faults below the meaning of an answer: connections, TLS, framing, time.

#include "faults/fault.hpp"
#include "support/chat_upstream.hpp"

namespace taskgate::test {

using namespace std::chrono_literals;
using Way = Fault::Way;

namespace {

const std::string kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";

// What failures of the transport come to.
const Outcome kNoConnection{"failed", "provider_error", "connect", ""};
const Outcome kCut{"failed", "provider_error", "stream_cut", ""};
const Outcome kTimeout{"failed", "provider_timeout", "timeout", ""};
const Outcome kHello{"success", "", "", "hello"};

Fault transport(std::string name, std::function<Reply()> reply, Outcome expected) {
  Fault fault;
  fault.kind = "transport";
  fault.name = std::move(name);
  fault.reply = std::move(reply);
  fault.expected = std::move(expected);
  return fault;
}

Fault raw(std::string name, std::string bytes, Outcome expected) {
  return transport(
      std::move(name), [bytes = std::move(bytes)] { return Reply::raw(bytes).close(); },
      std::move(expected));
}

std::string hello_body() {
  return chat_delta("hello") +
         R"(data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
         "\n\ndata: [DONE]\n\n";
}

std::string with_length(std::size_t length) {
  return kHead + "Content-Length: " + std::to_string(length) + "\r\n\r\n" + hello_body();
}

Reply begun() {
  return Reply::raw(kChunked).chunk(chat_delta("half"));
}

void add_connections(std::vector<Fault>& all) {
  const auto unanswered = [&](const char* name, Way way, const Outcome& expected) {
    auto fault = transport(name, {}, expected);
    fault.way = way;
    fault.recovers = false;
    all.push_back(std::move(fault));
  };
  unanswered("connection refused", Way::refused, kNoConnection);
  unanswered("accepted, then closed", Way::slammed, kNoConnection);
  unanswered("TLS handshake stalls", Way::mute, kTimeout);
  unanswered("plain text to a TLS port", Way::mistaken, kNoConnection);
  unanswered("certificate of an unknown authority", Way::foreign, kNoConnection);
  const auto bad_leaf = [&](const char* name, const LeafOptions& leaf) {
    unanswered(name, Way::secure, kNoConnection);
    all.back().leaf = leaf;
  };
  LeafOptions leaf;
  leaf.expired = true;
  bad_leaf("certificate expired", leaf);
  leaf = {};
  leaf.self_signed = true;
  bad_leaf("certificate signed by itself", leaf);
  leaf = {};
  leaf.names = "DNS:other.example";
  bad_leaf("certificate of another host", leaf);
  leaf.names = "DNS:localhost";
  bad_leaf("certificate of a name, for an address", leaf);
}

void add_cuts(std::vector<Fault>& all) {
  all.push_back(transport(
      "closed before the head", [] { return Reply().close(); }, kNoConnection));
  all.push_back(transport(
      "reset before the head", [] { return Reply().reset(); }, kNoConnection));
  all.push_back(raw("closed within the head", "HTTP/1.1 200 OK\r\nConte", kNoConnection));
  all.push_back(transport(
      "reset after the head", [] { return Reply::raw(kChunked).reset(); }, kCut));
  all.push_back(transport(
      "reset between chunks", [] { return begun().reset(); }, kCut));
  all.push_back(transport(
      "reset within a chunk", [] { return begun().send("80\r\ndata: {").reset(); }, kCut));
  all.push_back(transport(
      "closed between chunks", [] { return begun().close(); }, kCut));
  all.push_back(transport(
      "closed within a chunk", [] { return begun().send("80\r\ndata: {").close(); }, kCut));
  all.push_back(transport(
      "reset after the last byte",
      [] { return Reply::raw(kChunked).chunk(hello_body()).last_chunk().reset(); }, kHello));
  auto secure = transport(
      "TLS: closed without close_notify", [] { return begun().close(); }, kCut);
  secure.way = Way::secure;
  all.push_back(std::move(secure));
}

void add_stalls(std::vector<Fault>& all) {
  const auto stall = [&](const char* name, std::function<Reply()> reply) {
    all.push_back(transport(name, std::move(reply), kTimeout));
    all.back().patience = 700ms;
  };
  stall("silence before the head", [] { return Reply().hang(); });
  stall("silence within the head", [] { return Reply::raw("HTTP/1.1 200 OK\r\nA: ").hang(); });
  stall("silence after the head", [] { return Reply::raw(kChunked).hang(); });
  stall("silence between chunks", [] { return begun().hang(); });
  stall("silence within a chunk", [] { return begun().send("80\r\ndata: {").hang(); });
  stall("TLS: silence between chunks", [] { return begun().hang(); });
  all.back().way = Way::secure;
  const auto endless = [&](const char* name, std::function<Reply()> reply) {
    all.push_back(transport(name, std::move(reply), kTimeout));
    all.back().attempt_timeout = 1500ms;
  };
  endless("heartbeats for ever", [] {
    auto reply = begun();
    for (int i = 0; i < 200; ++i) reply.pause(50ms).chunk(": keep-alive\n\n");
    return reply.hang();
  });
  endless("one byte a second", [] {
    auto reply = Reply::raw(kHead + "Content-Length: 1000\r\n\r\n");
    for (const char byte : hello_body().substr(0, 30)) reply.pause(1s).send({byte});
    return reply.hang();
  });
  endless("one byte a second within the head", [] {
    auto reply = Reply();
    for (const char byte : kHead.substr(0, 30)) reply.pause(1s).send({byte});
    return reply.hang();
  });
}

void add_framing(std::vector<Fault>& all) {
  const auto size = hello_body().size();
  all.push_back(raw("not HTTP", "220 smtp ready\r\n\r\n", kNoConnection));
  all.push_back(
      raw("head of 70 KB", kHead + "X: " + std::string(70'000, 'x') + "\r\n\r\n", kNoConnection));
  all.push_back(
      raw("head of 60 KB",
          kHead + "X: " + std::string(60'000, 'x') + "\r\nConnection: close\r\n\r\n" + hello_body(),
          kHello));
  all.push_back(
      raw("NUL within the head", kHead + std::string("X: a\0b\r\n\r\n", 10), kNoConnection));
  all.push_back(raw("Content-Length of 10 GB, then closed", with_length(10'000'000'000), kHello));
  all.push_back(raw("Content-Length of 10 GB, cut before the end",
                    kHead + "Content-Length: 10000000000\r\n\r\n" + chat_delta("half"), kCut));
  all.push_back(raw("JSON of 10 GB announced, then closed",
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    "Content-Length: 10000000000\r\n\r\n{\"id\":",
                    {"failed", "provider_error", "stream_cut", ""}));
  all.push_back(raw("Content-Length longer than the body",
                    kHead + "Content-Length: 9999\r\n\r\n" + chat_delta("half"), kCut));
  all.push_back(raw("Content-Length shorter than the body",
                    kHead + "Content-Length: 20\r\n\r\n" + chat_delta("half"),
                    {"failed", "provider_error", "malformed", ""}));
  all.push_back(raw("Content-Length that ends before the stop", with_length(size - 14), kHello));
  all.push_back(raw("two Content-Lengths",
                    kHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", kNoConnection));
  all.push_back(raw("Content-Length and chunked",
                    kHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    kNoConnection));
  all.push_back(raw("unknown transfer coding",
                    kHead + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", kNoConnection));
  all.push_back(raw("chunk size that overflows", kChunked + "FFFFFFFFFFFFFFFFF\r\nx", kCut));
  all.push_back(raw("chunk size that is none", kChunked + "zz\r\nx", kCut));
  all.push_back(transport(
      "last chunk missing", [] { return Reply::raw(kChunked).chunk(hello_body()).close(); },
      kHello));
  all.push_back(raw("gzip that nobody asked for",
                    kHead + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
                    kNoConnection));
  all.push_back(raw("gzip of 10 GB",
                    kHead + "Content-Encoding: gzip\r\nContent-Length: 10000000000\r\n\r\n\x1f\x8b",
                    kNoConnection));
  all.push_back(raw("body up to the end of the connection",
                    kHead + "Connection: close\r\n\r\n" + hello_body(), kHello));
  all.push_back(raw("HTTP/1.0",
                    "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + hello_body(),
                    kHello));
  all.push_back(raw("100 and 103 before the answer",
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                        with_length(size),
                    kHello));
  std::string interim;
  for (int i = 0; i < 40; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  all.push_back(raw("100 for ever", interim, kNoConnection));
  all.push_back(raw("101 that nobody asked for",
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
                    kNoConnection));
}

void add_keep_alive(std::vector<Fault>& all) {
  // The kept connection is closed by the upstream while it rests: seen before it is used.
  all.push_back(transport(
      "kept connection closed while idle", [] { return chat_answer("hello"); }, kHello));
  all.back().before = [] { return chat_answer("first").close(); };
  // The request had gone out when the close came: it may have been acted on, so the client does not
  // send it again by itself. The task is repeated, and says so.
  all.push_back(transport(
      "kept connection closed when the request comes", [] { return Reply().close(); },
      kNoConnection));
  all.back().before = [] { return chat_answer("first"); };
  all.push_back(transport(
      "kept connection reset when the request comes", [] { return Reply().reset(); },
      kNoConnection));
  all.back().before = [] { return chat_answer("first"); };
  // A second answer to one request must not be taken for the answer to the next.
  all.push_back(transport(
      "two answers to one request", [] { return chat_answer("hello"); }, kHello));
  all.back().before = [] {
    auto reply = chat_answer("first");
    return reply.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Content-Length: 5\r\n\r\nwrong");
  };
}

}  // namespace

std::vector<Fault> transport_faults() {
  std::vector<Fault> all;
  add_connections(all);
  add_cuts(all);
  add_stalls(all);
  add_framing(all);
  add_keep_alive(all);
  return all;
}

}  // namespace taskgate::test

// What the status line and the header fields of a refusal say.

#include "faults/fault.hpp"
#include "support/chat_upstream.hpp"

#include <ctime>

namespace taskgate::test {

using namespace std::chrono_literals;

namespace {

Outcome failed(const char* error, const char* failure_class) {
  return {"failed", error, failure_class, ""};
}

const Outcome kRate = failed("rate_limited", "rate");
const Outcome kOverload = failed("provider_error", "overload");
const Outcome kServer = failed("provider_error", "server");
const Outcome kFinal = failed("provider_error", "");  // never repeated

Fault status(std::string name, std::function<Reply()> reply, Outcome expected) {
  Fault fault;
  fault.kind = "status";
  fault.name = std::move(name);
  fault.reply = std::move(reply);
  fault.expected = std::move(expected);
  return fault;
}

Fault refusal(unsigned code, const char* type, const char* detail, const Outcome& expected) {
  std::string name = std::to_string(code);
  if (*detail != '\0') name.append(" ").append(detail);
  return status(
      std::move(name), [=] { return chat_error(code, type, detail); }, expected);
}

// RFC 9110 §5.6.7
std::string http_date(std::chrono::seconds from_now) {
  const auto at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

Fault waits(const char* name,
            unsigned code,
            const char* field,
            std::function<std::string()> value,
            std::chrono::milliseconds least,
            std::chrono::milliseconds most) {
  auto fault = status(
      name, [=] { return chat_error(code, "rate_limit_exceeded").header(field, value()); },
      code == 429 ? kRate : kOverload);
  if (least > 0ms) fault.least_delay = least;
  fault.most_delay = most;
  return fault;
}

void add_refusals(std::vector<Fault>& all) {
  all.push_back(refusal(400, "invalid_request_error", "", kFinal));
  all.push_back(refusal(400, "invalid_request_error", "context_length_exceeded", kFinal));
  all.push_back(refusal(401, "invalid_request_error", "invalid_api_key", kFinal));
  all.push_back(refusal(402, "billing_error", "", kFinal));
  all.push_back(refusal(403, "permission_error", "", kFinal));
  all.push_back(refusal(404, "invalid_request_error", "model_not_found", kFinal));
  all.push_back(refusal(405, "invalid_request_error", "", kFinal));
  all.push_back(refusal(408, "timeout", "", failed("provider_timeout", "timeout")));
  all.push_back(refusal(409, "conflict", "", kServer));
  all.push_back(refusal(413, "request_too_large", "", kFinal));
  all.push_back(refusal(422, "invalid_request_error", "", kFinal));
  all.push_back(refusal(429, "insufficient_quota", "insufficient_quota", kFinal));
  all.push_back(refusal(500, "server_error", "", kServer));
  all.push_back(refusal(503, "server_error", "server_is_overloaded", kOverload));
  all.push_back(refusal(504, "server_error", "", kServer));
  all.push_back(refusal(529, "overloaded_error", "", kOverload));
}

void add_waits(std::vector<Fault>& all) {
  const auto text = [](const char* value) { return [value] { return std::string(value); }; };
  all.push_back(refusal(429, "rate_limit_exceeded", "", kRate));
  all.push_back(waits("429 Retry-After: 7", 429, "Retry-After", text("7"), 7s, 7700ms));
  all.push_back(waits(
      "429 Retry-After: a date", 429, "Retry-After", [] { return http_date(60s); }, 20s, 66s));
  all.push_back(waits(
      "429 Retry-After: a date in the past", 429, "Retry-After", [] { return http_date(-60s); },
      0ms, 2ms));
  all.push_back(waits("429 retry-after-ms: 4000", 429, "retry-after-ms", text("4000"), 4s, 4400ms));
  all.push_back(waits("429 Retry-After: -5", 429, "Retry-After", text("-5"), 0ms, 2ms));
  all.push_back(waits("429 Retry-After: 0", 429, "Retry-After", text("0"), 0ms, 2ms));
  all.push_back(waits("429 Retry-After: 1000000000", 429, "Retry-After", text("1000000000"), 5min,
                      5min + 30s));
  all.push_back(waits("429 Retry-After: soon", 429, "Retry-After", text("soon"), 0ms, 2ms));
  all.push_back(waits("429 x-ratelimit-reset-tokens: 1m26.4s", 429, "x-ratelimit-reset-tokens",
                      text("1m26.4s"), 86'400ms, 95'100ms));
  all.push_back(waits("503 Retry-After: 3", 503, "Retry-After", text("3"), 3s, 3300ms));
}

void add_oddities(std::vector<Fault>& all) {
  all.push_back(status(
      "502 with a web page",
      [] { return Reply::whole(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>"); },
      kServer));
  all.push_back(status(
      "500 with a body of 10 GB announced",
      [] {
        return Reply::raw("HTTP/1.1 500 Oops\r\nContent-Length: 10000000000\r\n\r\n{\"error\":")
            .close();
      },
      kServer));
  all.push_back(status(
      "429 with a gzip body",
      [] {
        return Reply::whole(429, "application/json", "\x1f\x8b\x08")
            .header("Content-Encoding", "gzip");
      },
      kRate));
  all.push_back(status(
      "500 without a body", [] { return Reply::whole(500, "", ""); }, kServer));
  all.push_back(status(
      "200 with an error as its body", [] { return chat_error(200, "server_error"); }, kServer));
  all.push_back(status(
      "200 with no money as its body",
      [] { return chat_error(200, "insufficient_quota", "insufficient_quota"); }, kFinal));
  all.push_back(status(
      "200 with a web page",
      [] { return Reply::whole(200, "text/html", "<html>Sign in to the hotel Wi-Fi</html>"); },
      failed("provider_error", "malformed")));
  all.push_back(status(
      "200 with plain text", [] { return Reply::whole(200, "text/plain", "hello"); },
      failed("provider_error", "malformed")));
  all.push_back(status(
      "200 with nothing", [] { return Reply::whole(200, "text/event-stream", ""); },
      failed("provider_error", "malformed")));
  all.push_back(status(
      "204", [] { return Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"); },
      failed("provider_error", "malformed")));
  for (const unsigned code : {301U, 302U, 307U, 308U}) {
    all.push_back(status(
        std::to_string(code) + " to elsewhere",
        [code] {
          return Reply::whole(code, "text/html", "moved").header("Location", "http://127.0.0.1:1/");
        },
        kFinal));
  }
  all.push_back(status(
      "status 999", [] { return Reply::raw("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"); },
      kServer));
  all.push_back(status(
      "status without digits", [] { return Reply::raw("HTTP/1.1 OK\r\n\r\n").close(); },
      failed("provider_error", "connect")));
}

}  // namespace

std::vector<Fault> status_faults() {
  std::vector<Fault> all;
  add_refusals(all);
  add_waits(all);
  add_oddities(all);
  return all;
}

}  // namespace taskgate::test

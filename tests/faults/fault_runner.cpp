#include "faults/answers.hpp"
#include "faults/fault.hpp"
#include "support/chat_upstream.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>

namespace taskgate::test {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Way = Fault::Way;

namespace {

constexpr int kAttempts = 4;

const TestCertificates& own_certificates() {
  static const TestCertificates shared;
  return shared;
}

const TestCertificates& foreign_certificates() {
  static const TestCertificates shared;
  return shared;
}

app::Protocol protocol_of(const Fault& fault) {
  using enum app::Protocol;
  for (const auto protocol : {openai_chat, openai_responses, anthropic, gemini}) {
    if (app::to_string(protocol) == fault.protocol) return protocol;
  }
  throw std::invalid_argument("no such protocol: " + fault.protocol);
}

// One upstream and one gateway that knows it as the provider "up".
struct Scene {
  std::unique_ptr<ScriptedUpstream> upstream;
  std::string base_url;
  std::unique_ptr<TestGateway> gateway;

  Scene(const Fault& fault, int max_attempts) {
    set_up_upstream(fault);
    app::Overrides overrides;
    overrides.ca_file = own_certificates().ca_file();
    const auto change = [&](app::Config& config) {
      app::ProviderConfig provider;
      provider.base_url = base_url + "/v1";
      provider.protocol = protocol_of(fault);
      provider.first_byte_timeout = fault.patience.value_or(30s);
      provider.idle_timeout = fault.patience.value_or(30s);
      if (fault.way == Way::mute || fault.way == Way::mistaken) provider.connect_timeout = 500ms;
      config.providers["up"] = provider;
      config.engine.max_attempts = max_attempts;
      config.engine.attempt_timeout = fault.attempt_timeout.value_or(60s);
      config.engine.retry.base = 1ms;
      config.engine.retry.max = 2ms;
    };
    gateway = std::make_unique<TestGateway>(change, overrides);
  }

  void set_up_upstream(const Fault& fault) {
    UpstreamOptions options;
    options.leaf = fault.leaf;
    if (fault.way == Way::secure || fault.way == Way::mistaken)
      options.certificates = &own_certificates();
    if (fault.way == Way::foreign) options.certificates = &foreign_certificates();
    options.close_on_accept = fault.way == Way::slammed;
    upstream = std::make_unique<ScriptedUpstream>(options);
    base_url = upstream->url();
    if (fault.way == Way::mute) base_url.replace(0, 4, "https");
    if (fault.way == Way::mistaken) base_url.replace(0, 5, "http");
    if (fault.way == Way::refused) upstream = std::make_unique<ScriptedUpstream>();
  }

  void script(const Fault& fault) const {
    if (fault.before) upstream->enqueue(fault.before());
    if (fault.reply) upstream->enqueue(fault.reply());
    if (fault.recovers) {
      upstream->otherwise(
          [&fault](const SeenRequest&) { return answer_in(fault.protocol, "again"); });
    } else if (fault.reply) {
      upstream->otherwise([&fault](const SeenRequest&) { return fault.reply(); });
    }
  }
};

void compare(Seen& seen, const char* what, const std::string& got, const std::string& wanted) {
  if (got == wanted) return;
  seen.complaints.push_back(std::string(what) + ": expected \"" + wanted + "\", got \"" + got +
                            '"');
}

std::string text_of_result(const Json& task) {
  return task["result"].is_object() ? task["result"].value("text", "") : "";
}

std::string first_error(const Json& task) {
  for (const auto& error : task["errors"]) {
    if (error["severity"] != "info") return error["type"];
  }
  return {};
}

// A task with one attempt: what the fault is called, and how the task ends.
void play_once(const Fault& fault, Seen& seen) {
  const Scene scene(fault, 1);
  scene.script(fault);
  auto client = scene.gateway->client();
  if (fault.before) (void)client.wait_final(submit(client, "up/m"));
  // Reported, not asked again: what the fault itself comes to is looked at.
  const auto id = submit(client, "up/m", {{"on_invalid", "report"}});
  const auto task = client.wait_final(id, 60s);
  seen.outcome.status = task["status"];
  seen.outcome.error = first_error(task);
  if (task["status"] != "failed") seen.outcome.text = text_of_result(task);
  compare(seen, "status", seen.outcome.status, fault.expected.status);
  compare(seen, "error", seen.outcome.error, fault.expected.error);
  if (!fault.expected.text.empty() || !seen.outcome.text.empty())
    compare(seen, "text", seen.outcome.text, fault.expected.text);
  if (task["status"] == "failed" && !task["result"].is_null() && fault.expected.text.empty() &&
      task["errors"].empty())
    seen.complaints.push_back("failed without an error");
}

std::optional<Json> first_retry(EventStream& events) {
  while (auto event = events.next()) {
    if (event->type == "task.retrying") return event->data;
    if (event->data.contains("task")) break;
  }
  return std::nullopt;
}

void check_delay(const Fault& fault, Seen& seen, const Json& retry) {
  seen.delay = std::chrono::milliseconds{retry["delay_ms"].get<std::int64_t>()};
  const auto least = fault.least_delay.value_or(0ms);
  const auto most = fault.most_delay.value_or(2ms);
  if (*seen.delay < least || *seen.delay > most) {
    seen.complaints.push_back("delay of " + std::to_string(seen.delay->count()) + " ms is not in " +
                              std::to_string(least.count()) + ".." + std::to_string(most.count()));
  }
}

// A task with several attempts: whether it is repeated, after how long, and how it ends then.
void play_again(const Fault& fault, Seen& seen) {
  const Scene scene(fault, kAttempts);
  scene.script(fault);
  auto client = scene.gateway->client();
  if (fault.before) (void)client.wait_final(submit(client, "up/m"));
  const auto id = submit(client, "up/m", {{"on_invalid", "report"}});
  auto events = scene.gateway->stream(id);
  const auto retry = first_retry(events);
  if (retry) {
    seen.outcome.failure_class = (*retry)["reason"];
    check_delay(fault, seen, *retry);
    if (fault.least_delay) (void)client.call("POST", "/tasks/" + id + "/cancel");
  }
  const auto task = client.wait_final(id, 60s);
  seen.final_status = task["status"];
  seen.attempts = task["attempts"];
  compare(seen, "failure class", seen.outcome.failure_class, fault.expected.failure_class);
  std::string final_status = fault.expected.status;
  if (retry && fault.recovers) final_status = fault.least_delay ? "cancelled" : "success";
  compare(seen, "final status", seen.final_status, final_status);
  if (!retry && seen.attempts != 1) seen.complaints.emplace_back("repeated without saying so");
  if (retry && fault.recovers && !fault.least_delay)
    compare(seen, "text of the repetition", text_of_result(task), "again");
  if (retry && !fault.recovers && seen.attempts != kAttempts)
    seen.complaints.push_back("gave up after " + std::to_string(seen.attempts) + " attempts");
}

}  // namespace

Seen play(const Fault& fault) {
  Seen seen;
  try {
    play_once(fault, seen);
    play_again(fault, seen);
  } catch (const std::exception& error) {
    seen.complaints.emplace_back(error.what());
  }
  return seen;
}

std::vector<Fault> all_faults() {
  std::vector<Fault> all;
  for (auto&& part :
       {transport_faults(), status_faults(), chat_stream_faults(), protocol_faults()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace taskgate::test

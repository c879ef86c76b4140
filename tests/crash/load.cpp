#include "crash/load.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace taskgate::crash {

namespace {

using nlohmann::json;
using std::chrono::microseconds;

struct Recipe {
  int weight;
  const char* model;
  bool echoes;
};

// Short tasks of every fate: done at once, streaming, slow to begin, failing now and then, failing
// for good.
constexpr std::array<Recipe, 7> kRecipes{{{30, "sim/echo", true},
                                          {20, "sim/lorem?tokens=40&tps=200", false},
                                          {10, "sim/lorem?tokens=300&tps=0", false},
                                          {15, "sim/slow?ttft=100ms", true},
                                          {15, "sim/flaky?p=0.3&status=429", true},
                                          {5, "sim/error?code=context_length", false},
                                          {5, "sim/error?code=server_error", false}}};

}  // namespace

test::ApiRequest submit_request(const Submission& submission) {
  test::ApiRequest request;
  request.body = submission.body;
  if (submission.by == SubmitBy::key) {
    request.method = "POST";
    request.target = "/tasks";
    request.headers.emplace_back("Idempotency-Key", '"' + submission.name + '"');
  } else {
    request.method = "PUT";
    request.target = "/tasks/" + submission.name;
  }
  return request;
}

bool note_submit_answer(History& history, std::size_t index, const test::RawResponse& answer) {
  if (answer.status == 202 || answer.status == 200) {
    const auto object = json::parse(answer.body, nullptr, false);
    history.acknowledge(index, object.is_object() ? object.value("id", "") : std::string());
    return true;
  }
  return (answer.status == 429 || answer.status == 503) && !answer.header("Retry-After").empty();
}

test::ApiRequest cancel_request(const std::string& task_id) {
  test::ApiRequest request;
  request.method = "POST";
  request.target = "/tasks/" + task_id + "/cancel";
  return request;
}

bool note_cancel_answer(History& history, std::size_t index, const test::RawResponse& answer) {
  if (answer.status != 200 && answer.status != 202) return false;
  const auto object = json::parse(answer.body, nullptr, false);
  const auto status = object.is_object() ? object.value("status", "") : std::string();
  // One that had ended already comes back unchanged: nothing was promised.
  if (status == "queued" || status == "running" || status == "waiting" || status == "cancelled")
    history.acknowledge_cancel(index);
  return true;
}

std::vector<test::StreamedEvent> events_of_page(const std::string& page) {
  std::vector<test::StreamedEvent> events;
  const auto object = json::parse(page, nullptr, false);
  if (!object.is_object() || !object.contains("data")) return events;
  for (const auto& entry : object["data"]) {
    // dump() sorts the members, as it does with a stream's data: the two compare as text.
    events.push_back({entry.value("seq", std::uint64_t{0}), entry.value("type", ""), entry.dump()});
  }
  return events;
}

// One client: its own connection, its own chance.
class Load::Client {
 public:
  Client(Load& load, int number)
      : load_(load), history_(load.history_), number_(number), random_(load.options_.seed) {
    random_.discard(static_cast<unsigned>(number) * 1000U);
  }

  void run() {
    int life_number = 0;
    while (const auto life = load_.address_.next_life(life_number)) {
      life_number = life->number;
      test::FragileClient api(life->port);
      while (load_.address_.pause(*life, microseconds(below(2000)))) {
        if (step(api)) continue;
        ++load_.counts_.broken;
        if (load_.address_.may_blame(*life))
          history_.contradict("a connection broke while the server was up");
        break;
      }
    }
  }

 private:
  // False: the connection broke.
  bool step(test::FragileClient& api) {
    const int dice = below(100);
    const bool may_submit = load_.allowance_.fetch_sub(1) > 0;
    if (dice < 60 && may_submit) return submit_new(api);
    if (may_submit) ++load_.allowance_;
    if (dice < 75) return repeat_one(api);
    if (dice < 85) return cancel_one(api);
    if (dice < 93) return read_page(api);
    return poll_one(api);
  }

  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  Submission make_submission() {
    Submission submission;
    submission.name = "k-" + std::to_string(number_) + "-" + std::to_string(++made_);
    submission.by = below(10) == 0 ? SubmitBy::client_id : SubmitBy::key;
    submission.wants_webhook = below(10) == 0;
    submission.endless = !submission.wants_webhook && below(20) == 0;
    int dice = below(100);
    const auto* recipe = kRecipes.data();
    while (dice >= recipe->weight) dice -= (recipe++)->weight;
    const std::string input = "words of " + submission.name + " to be said again";
    if (recipe->echoes && !submission.endless) submission.echo = input;
    json body{{"input", input},
              {"model", submission.endless ? "sim/slow?ttft=30m" : recipe->model},
              {"metadata", {{"name", submission.name}}}};
    if (submission.wants_webhook) body["webhook"] = {{"url", load_.options_.webhook_url}};
    submission.body = body.dump();
    return submission;
  }

  bool submit_new(test::FragileClient& api) {
    const auto index = history_.add(make_submission());
    const auto answer = api.exchange(submit_request(history_.at(index)));
    if (!answer) return false;
    note(index, *answer);
    if (answer->status == 202) ++load_.counts_.accepted;
    return true;
  }

  // The same again, whether or not the first answer arrived.
  bool repeat_one(test::FragileClient& api) {
    const auto index = some_submission();
    if (!index) return true;
    const auto answer = api.exchange(submit_request(history_.at(*index)));
    if (!answer) return false;
    note(*index, *answer);
    ++load_.counts_.replayed;
    return true;
  }

  void note(std::size_t index, const test::RawResponse& answer) {
    if (!note_submit_answer(history_, index, answer))
      history_.contradict("a submission was answered " + std::to_string(answer.status) + " " +
                          answer.body);
    if (answer.status == 429 || answer.status == 503) ++load_.counts_.refused;
  }

  bool cancel_one(test::FragileClient& api) {
    const auto index = some_endless();
    if (!index) return true;
    const auto answer = api.exchange(cancel_request(*history_.at(*index).id));
    if (!answer) return false;
    if (!note_cancel_answer(history_, *index, *answer) && answer->status != 503)
      history_.contradict("a cancel was answered " + std::to_string(answer->status));
    return true;
  }

  bool poll_one(test::FragileClient& api) {
    return get_one(api, "", [this](std::size_t index, const std::string& body) {
      history_.see_object(index, body);
    });
  }

  bool read_page(test::FragileClient& api) {
    return get_one(api, "/events?limit=100", [this](std::size_t index, const std::string& body) {
      history_.see_events(index, events_of_page(body));
    });
  }

  template <class See>
  bool get_one(test::FragileClient& api, const std::string& rest, See see) {
    const auto index = some_submission();
    if (!index) return true;
    const auto id = history_.at(*index).id;
    if (!id) return true;
    const auto answer = api.get("/tasks/" + *id + rest);
    if (!answer) return false;
    if (answer->status == 200) {
      see(*index, answer->body);
    } else {
      history_.contradict("GET /tasks/" + *id + rest + " was answered " +
                          std::to_string(answer->status) + " " + answer->body);
    }
    return true;
  }

  // One that nobody has cancelled yet.
  std::optional<std::size_t> some_endless() {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto index = some_submission();
      if (!index) return std::nullopt;
      const auto submission = history_.at(*index);
      if (submission.endless && submission.id && !submission.cancel_acknowledged) return index;
    }
    return std::nullopt;
  }

  // Any of the whole history, the recent ones more often.
  std::optional<std::size_t> some_submission() {
    const int size = static_cast<int>(history_.size());
    if (size == 0) return std::nullopt;
    const int among = below(2) == 0 ? size : std::min(size, 200);
    return static_cast<std::size_t>(size - 1 - below(among));
  }

  Load& load_;
  History& history_;
  int number_;
  std::mt19937_64 random_;
  int made_ = 0;
};

Load::Load(ServerAddress& address, History& history, LoadOptions options)
    : address_(address), history_(history), options_(std::move(options)) {
  for (int number = 0; number < options_.clients; ++number)
    threads_.emplace_back([this, number] { run_client(number); });
  threads_.emplace_back([this] { run_reader(options_.clients); });
}

Load::~Load() {
  stop();
}

void Load::stop() {
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Load::run_client(int number) {
  Client client(*this, number);
  client.run();
}

// Reads streams of recent tasks, mostly until the server dies in the middle of one.
void Load::run_reader(int number) {
  std::mt19937_64 random(options_.seed + static_cast<std::uint64_t>(number));
  int life_number = 0;
  while (const auto life = address_.next_life(life_number)) {
    life_number = life->number;
    const test::FragileClient api(life->port);
    while (address_.pause(*life, microseconds(random() % 5000))) {
      const auto size = history_.size();
      if (size == 0) continue;
      const auto index =
          size - 1 - static_cast<std::size_t>(random() % std::min<std::size_t>(size, 20));
      const auto submission = history_.at(index);
      if (!submission.id || submission.endless) continue;
      const auto seen = submission.seen_events.empty() ? 0 : submission.seen_events.rbegin()->first;
      auto outcome = api.read_stream(*submission.id, random() % (seen + 1));
      if (!outcome.complete) ++counts_.cut_streams;
      for (auto& event : outcome.events) {
        const auto data = json::parse(event.data, nullptr, false);
        if (!data.is_discarded()) event.data = data.dump();
      }
      history_.see_events(index, outcome.events);
    }
  }
}

}  // namespace taskgate::crash

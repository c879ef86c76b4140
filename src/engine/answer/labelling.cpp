// Labels and schemas: what clients say before and after an answer.

#include "engine/answer/answer_request.hpp"
#include "engine/engine_impl.hpp"
#include "taskgate/observe/log.hpp"
#include "taskgate/runtime/blocking.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;

namespace {

using LabelJson = nlohmann::json;

constexpr int kLoadedLabels = 50'000;

// The model whose answer it was: that of the last turn.
std::string answering_model(const LabelJson& task) {
  std::string model;
  for (const auto& step : task.value("steps", LabelJson::array())) {
    if (step.value("kind", "") == "model") model = step.value("name", "");
  }
  return model;
}

// Reads the score and its route out of a final task object and the task's request.
void read_score(const std::string& object, const std::string& body, store::Label& label) {
  const auto task = LabelJson::parse(object, nullptr, false);
  if (!task.is_object()) return;
  const auto confidence = task.value("confidence", LabelJson::object());
  const auto score = confidence.contains("raw_score") ? confidence.value("raw_score", LabelJson())
                                                      : confidence.value("score", LabelJson());
  if (!score.is_number()) return;
  AnswerRoute route;
  route.model = answering_model(task);
  route.methods = confidence.value("methods", std::vector<std::string>());
  const auto request = LabelJson::parse(body, nullptr, false);
  if (request.is_object())
    route.output_schema = schema_fingerprint(read_answer_request(request).asked.output_schema);
  label.score = score.get<double>();
  label.route = to_string(route);
}

SchemaJudgement judge_schema(checks::SchemaCache& schemas, std::string body) {
  SchemaJudgement judged;
  const auto document = LabelJson::parse(body, nullptr, false);
  judged.body = std::move(body);
  if (!document.is_object()) return judged;
  const auto schema = read_answer_request(document).asked.output_schema;
  if (schema.empty()) return judged;
  const auto compiled = schemas.get(schema);
  if (!compiled) judged.faults = compiled.error().faults();
  return judged;
}

}  // namespace

asio::awaitable<SchemaJudgement> Engine::check_schema(std::string body) {
  auto look = [schemas = impl_->schemas, body = std::move(body)]() mutable {
    return judge_schema(*schemas, std::move(body));
  };
  co_return co_await runtime::run_on(impl_->workers, std::move(look));
}

asio::awaitable<Result<Labelled>> Engine::label(std::string tenant,
                                                std::string public_id,
                                                LabelRequest request) {
  auto& e = *impl_;
  auto seen = co_await get(tenant, std::move(public_id));
  if (!seen) co_return seen.error();
  const auto& task = seen.value().task;
  if (task.purged) co_return Error(Errc::gone, "the task's content was deleted");
  if (!is_final(task.status))
    co_return Error(Errc::conflict,
                    "the task is not finished: it has no answer to be labelled yet");
  auto body = co_await e.store.request_body(task.ref);
  if (!body) co_return body.error();
  store::Label label;
  label.ref = task.ref;
  label.at = e.clock.now();
  label.correct = request.correct;
  label.note = std::move(request.note);
  auto read = [label = std::move(label), object = std::move(seen.value().final_object),
               text = std::move(body.value())]() mutable {
    read_score(object, text, label);
    return std::move(label);
  };
  label = co_await runtime::run_on(e.workers, std::move(read));
  auto row = label;
  const auto written = co_await e.store.put_label(std::move(row));
  if (!written) co_return written.error();
  Labelled done;
  done.at = label.at;
  done.score = label.score;
  done.labels = e.calibrations.add(label);
  co_return done;
}

std::vector<CalibrationStatus> Engine::calibrations(const std::string& tenant) const {
  return impl_->calibrations.list(tenant);
}

void Engine::Impl::load_labels() {
  auto reading = asio::co_spawn(workers, store.labels(kLoadedLabels), asio::use_future);
  const auto labels = reading.get();
  if (labels) {
    calibrations.load(labels.value());
  } else {
    log::warning("labels.unread", {{"reason", labels.error().message()}});
  }
}

}  // namespace taskgate::engine

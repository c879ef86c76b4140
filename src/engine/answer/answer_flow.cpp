#include "engine/answer/answer_flow.hpp"

#include "taskgate/checks/judge.hpp"
#include "taskgate/core/json_text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace taskgate::engine {

namespace asio = boost::asio;
using checks::RecoveryKind;
using checks::RecoveryPlan;
using providers::ModelTurn;

namespace {

constexpr std::size_t kMaxStepFindings = 20;

checks::Finding gateway_note(std::string message, std::string evidence, int step) {
  checks::Finding finding;
  finding.type = checks::FindingType::provider_error;
  finding.severity = checks::Severity::info;
  finding.message = std::move(message);
  finding.evidence = std::move(evidence);
  finding.source = checks::Source::gateway;
  finding.step = step;
  return finding;
}

// The model's own message, as the feedback refers to it. Calls that nobody answered would make the
// next request one that no provider takes.
void append_answer(const ModelTurn& turn, Conversation& conversation) {
  auto said = providers::message_of(turn);
  if (!said.tool_calls.empty()) {
    said.tool_calls.clear();
    said.native = {};
  }
  if (!said.content.empty()) conversation.append(std::move(said));
}

// What tools said is as good a ground for an answer as the documents are.
std::vector<std::string> told_by_tools(const Conversation& conversation) {
  std::vector<std::string> texts;
  for (const auto& message : conversation.request().messages) {
    if (message.role != "tool") continue;
    for (const auto& part : message.content) texts.push_back(part.text);
  }
  return texts;
}

int rank(const checks::Report& report) {
  return -static_cast<int>(report.status);
}

}  // namespace

AnswerFlow::AnswerFlow(AnswerContext context,
                       AnswerRequest request,
                       checks::SchemaCache& schemas,
                       AnswerOwner owner,
                       AnswerHistory history)
    : context_(context),
      checker_(std::move(request), schemas),
      owner_(std::move(owner)),
      history_(std::move(history)) {}

asio::awaitable<AnswerFlow::Next> AnswerFlow::look(ModelTurn turn,
                                                   TurnTiming timing,
                                                   Conversation& conversation) {
  record_model(turn, timing);
  if (owner_.has_tools) checker_.set_sources(told_by_tools(conversation));
  candidates_.clear();
  auto& first = candidates_.emplace_back();
  first.turn = std::move(turn);
  first.step = history_.step_count;
  if (checker_.request().samples > 1 && !std::exchange(sampled_, true)) {
    const bool taken = co_await take_samples(conversation);
    if (!taken) co_return Next::stopped;
  }
  check_started_at_ = context_.clock.now();
  check_began_ = std::chrono::steady_clock::now();
  choose();
  if (checker_.request().judge && answer_->report.status != TaskStatus::failed) {
    const bool asked = co_await ask_judge();
    if (!asked) co_return Next::stopped;
  }
  const auto next = plan();
  record_check(next);
  record_repairs();
  switch (next.kind) {
    case RecoveryKind::retry_with_feedback:
      ask_for_correction(next, conversation);
      if (const bool kept = co_await keep(); !kept) co_return Next::stopped;
      co_return Next::ask_again;
    case RecoveryKind::fallback_model:
      write_down(&next);
      reason_ = next.reason;
      co_return Next::other_model;
    case RecoveryKind::accept:
    case RecoveryKind::repair:
    case RecoveryKind::report:
      break;
  }
  if (checker_.request().is_checked || owner_.has_tools) write_down(&next);
  co_return Next::done;
}

// What was noted is on disk before the next turn is paid for: the bound holds over a crash. The
// attempt's start may still be waiting in front, of a model that answered at once.
asio::awaitable<bool> AnswerFlow::keep() {
  const auto strand = co_await asio::this_coro::executor;
  co_await asio::post(strand, asio::use_awaitable);
  co_return co_await context_.log.flush();
}

// --- samples and judge --------------------------------------------------------------------------

asio::awaitable<bool> AnswerFlow::take_samples(const Conversation& conversation) {
  for (int sample = 2; sample <= checker_.request().samples; ++sample) {
    auto side = co_await context_.turns.take_sample(conversation, sample);
    if (!side.outcome) co_return false;
    if (const auto* failure = side.outcome->failure()) {
      note_failed("failed", side.timing, failure->usage);
      sample_failed_ = true;
      co_return true;  // fewer samples
    }
    record_model(*side.outcome->turn(), side.timing);
    auto& candidate = candidates_.emplace_back();
    candidate.turn = std::move(*side.outcome->turn());
    candidate.step = history_.step_count;
  }
  co_return true;
}

// Checks every candidate against the others; the answer is the one that is usable, and of those the
// one that most agree with.
void AnswerFlow::choose() {
  for (auto& candidate : candidates_) {
    std::vector<std::string> others;
    for (const auto& other : candidates_) {
      if (&other != &candidate) others.push_back(other.turn.text);
    }
    candidate.report = checker_.check(candidate.turn, std::move(others), candidate.step);
  }
  const auto best = std::max_element(
      candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
        const auto score = [](const Candidate& c) { return c.report.confidence.score.value_or(0); };
        return std::pair(rank(a.report), score(a)) < std::pair(rank(b.report), score(b));
      });
  if (best != candidates_.begin()) {
    context_.log.start_over("samples");
    context_.log.on_delta({providers::Delta::Kind::text, best->turn.text});
  }
  if (std::exchange(sample_failed_, false)) {
    std::vector<checks::Finding> findings;
    findings.push_back(gateway_note("a turn failed: there are fewer samples than were asked for",
                                    std::to_string(candidates_.size()) + " of " +
                                        std::to_string(checker_.request().samples) + " samples",
                                    best->step));
    checker_.add_findings(std::move(findings), best->report);
  }
  answer_ = std::move(*best);
  candidates_.clear();
}

asio::awaitable<bool> AnswerFlow::ask_judge() {
  const auto& judge = *checker_.request().judge;
  const int step = answer_->step;
  auto prompt = checks::judge_prompt(checker_.input_of(answer_->turn), judge.rubric);
  providers::ModelRequest request;
  request.instructions = std::move(prompt.instructions);
  request.output_schema = std::move(prompt.output_schema);
  providers::Message material;
  material.role = "user";
  material.content.push_back({std::move(prompt.input), {}});
  request.messages.push_back(std::move(material));
  auto side = co_await context_.turns.ask(judge.model, std::move(request));
  if (!side.outcome) co_return false;
  const auto* turn = side.outcome->turn();
  Step asked;
  asked.kind = Step::Kind::check;
  asked.name = "judge " + judge.model;
  asked.status = turn != nullptr ? "succeeded" : "failed";
  asked.started_at = side.timing.started_at;
  asked.duration = side.timing.took;
  asked.usage = turn != nullptr ? turn->usage : side.outcome->failure()->usage;
  record(std::move(asked));
  std::vector<checks::Finding> findings;
  if (turn != nullptr) {
    findings = checks::findings_of_judge(turn->text, step, judge.rubric);
  } else {
    findings.push_back(gateway_note("the judge could not be asked",
                                    checks::evidence_of(side.outcome->failure()->message), step));
  }
  checker_.add_findings(std::move(findings), answer_->report);
  co_return true;
}

// --- steps --------------------------------------------------------------------------------------

void AnswerFlow::record(Step step) {
  step.index = history_.step_count + 1;
  history_.add(step);
  unwritten_.push_back(std::move(step));
}

void AnswerFlow::record_model(const ModelTurn& turn, TurnTiming timing) {
  Step step;
  step.name = owner_.model;
  step.status = "succeeded";
  step.started_at = timing.started_at;
  step.duration = timing.took;
  step.usage = turn.usage;
  record(std::move(step));
}

void AnswerFlow::note_failed(const char* status, TurnTiming timing, const providers::Usage& usage) {
  Step step;
  step.name = owner_.model;
  step.status = status;
  step.started_at = timing.started_at;
  step.duration = timing.took;
  step.usage = usage;
  record(std::move(step));
}

void AnswerFlow::record_check(const RecoveryPlan& plan) {
  const auto& report = answer_->report;
  if (!checker_.request().is_checked && report.findings.empty()) return;
  Step step;
  step.kind = Step::Kind::check;
  step.name = "answer";
  step.status = report.status == TaskStatus::failed ? "failed" : "succeeded";
  step.started_at = check_started_at_;
  step.duration = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - check_began_);
  const bool is_void =
      plan.kind == RecoveryKind::retry_with_feedback || plan.kind == RecoveryKind::fallback_model;
  if (is_void) {
    const auto count = std::min(report.findings.size(), kMaxStepFindings);
    for (std::size_t i = 0; i < count; ++i) step.findings.push_back(finding_of(report.findings[i]));
  }
  record(std::move(step));
}

void AnswerFlow::record_repairs() {
  for (const auto& repair : answer_->report.repairs) {
    if (!repair.applied) continue;
    Step step;
    step.kind = Step::Kind::repair;
    step.name = repair.kind == checks::Repair::Kind::close_json ? "close_json" : "patch";
    step.status = "succeeded";
    step.started_at = check_started_at_;
    record(std::move(step));
  }
}

// The steps since the last time as events. What comes of the answer stands with its check.
void AnswerFlow::write_down(const RecoveryPlan* plan) {
  for (const auto& step : unwritten_) {
    const bool is_check = step.kind == Step::Kind::check;
    EventDraft event;
    event.type = is_check ? EventType::check_finished : EventType::step_finished;
    event.at = context_.clock.now();
    append_step_members(event.data, step);
    if (plan != nullptr && is_check && step.name == "answer") {
      append_json_key(event.data, "verdict");
      append_json_string(event.data, to_string(answer_->report.status));
      append_json_key(event.data, "next");
      append_json_string(event.data, to_string(plan->kind));
      append_json_key(event.data, "reason");
      append_json_string(event.data, plan->reason);
    }
    context_.log.note(std::move(event));
  }
  unwritten_.clear();
}

// --- what next ----------------------------------------------------------------------------------

RecoveryPlan AnswerFlow::plan() const {
  auto policy = checker_.request().policy;
  policy.fallback_models = owner_.fallback_models;
  checks::RecoveryLog log;
  for (int i = 0; i < history_.feedbacks; ++i) {
    checks::RecoveryStep step;
    step.kind = RecoveryKind::retry_with_feedback;
    log.add(std::move(step));
  }
  checks::RecoveryBounds bounds;
  bounds.may_run_turns = context_.turns.may_go_on();
  return checks::plan_recovery(answer_->report, policy, log, bounds);
}

void AnswerFlow::ask_for_correction(const RecoveryPlan& plan, Conversation& conversation) {
  ++history_.feedbacks;
  write_down(&plan);
  context_.log.start_over(to_string(plan.kind));
  if (!owner_.has_tools) announce_turn();
  append_answer(answer_->turn, conversation);
  providers::Message feedback;
  feedback.role = "user";
  feedback.content.push_back({plan.feedback, {}});
  conversation.append(std::move(feedback));
}

void AnswerFlow::announce_turn() {
  EventDraft started;
  started.type = EventType::step_started;
  started.at = context_.clock.now();
  started.data = R"("step":)" + std::to_string(history_.step_count + 1) + R"(,"kind":"model")";
  append_json_key(started.data, "name");
  append_json_string(started.data, owner_.model);
  context_.log.note(std::move(started));
}

void AnswerFlow::calibrate() {
  auto& confidence = answer_->report.confidence;
  if (!confidence.score) return;
  AnswerRoute route;
  route.model = owner_.model;
  route.output_schema = schema_fingerprint(checker_.output_schema());
  route.methods = confidence.methods;
  context_.calibrations.apply(owner_.tenant, route, confidence);
}

FinalResult AnswerFlow::take_result() {
  calibrate();
  return answered_result(std::move(answer_->turn), std::move(answer_->report));
}

}  // namespace taskgate::engine

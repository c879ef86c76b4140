// Labels: the last one of a task wins, only finished tasks have one, and the note is content.

#include "store_contract.hpp"

namespace taskgate::store::contract {
namespace {

Label label_of(const TaskRef& ref, bool correct) {
  Label label;
  label.ref = ref;
  label.at = at_ms(100);
  label.correct = correct;
  label.route = "one/m logprobs";
  label.score = 0.75;
  label.note = "the total is wrong";
  return label;
}

TEST_P(StoreContract, TheLastLabelOfATaskWins) {
  const auto ref = finished_task();
  ASSERT_TRUE(wait_for(store_->put_label(label_of(ref, true))).has_value());
  auto second = label_of(ref, false);
  second.at = at_ms(200);
  second.score = std::nullopt;
  ASSERT_TRUE(wait_for(store_->put_label(second)).has_value());
  reopen();

  const auto labels = wait_for(store_->labels(10));

  ASSERT_EQ(labels->size(), 1U);
  const auto& label = labels->front();
  EXPECT_EQ(label.ref.tenant, ref.tenant);
  EXPECT_EQ(label.ref.id, ref.id);
  EXPECT_EQ(label.at, at_ms(200));
  EXPECT_FALSE(label.correct);
  EXPECT_EQ(label.route, "one/m logprobs");
  EXPECT_FALSE(label.score.has_value());
  EXPECT_EQ(label.note, "the total is wrong");
}

TEST_P(StoreContract, TheNewestLabelsComeOldestFirst) {
  for (int i = 0; i < 3; ++i) {
    auto label = label_of(finished_task(), true);
    label.at = at_ms(i);
    ASSERT_TRUE(wait_for(store_->put_label(label)).has_value());
  }

  const auto labels = wait_for(store_->labels(2));

  ASSERT_EQ(labels->size(), 2U);
  EXPECT_EQ(labels->front().at, at_ms(1));
  EXPECT_EQ(labels->back().at, at_ms(2));
}

TEST_P(StoreContract, OnlyAFinishedTaskOfTheTenantTakesALabel) {
  const auto live = accept_one();
  auto foreign = finished_task("acme");
  foreign.tenant = "other";

  EXPECT_EQ(code_of(wait_for(store_->put_label(label_of(live, true)))), Errc::conflict);
  EXPECT_EQ(code_of(wait_for(store_->put_label(label_of(foreign, true)))), Errc::not_found);
  EXPECT_TRUE(wait_for(store_->labels(10))->empty());
}

TEST_P(StoreContract, APurgeTakesTheNoteAndLeavesTheLabel) {
  const auto ref = finished_task();
  ASSERT_TRUE(wait_for(store_->put_label(label_of(ref, true))).has_value());

  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());

  const auto labels = wait_for(store_->labels(10));
  ASSERT_EQ(labels->size(), 1U);
  EXPECT_FALSE(labels->front().note.has_value());
  EXPECT_EQ(labels->front().score, 0.75);
  EXPECT_EQ(code_of(wait_for(store_->put_label(label_of(ref, true)))), Errc::gone);
}

TEST_P(StoreContract, AForgottenTaskHasNoLabel) {
  const auto ref = finished_task();
  ASSERT_TRUE(wait_for(store_->put_label(label_of(ref, true))).has_value());
  ASSERT_TRUE(wait_for(store_->purge(ref)).has_value());

  ASSERT_EQ(wait_for(store_->forget_purged(at_ms(1'000'000'000), 10)).value(), 1);

  EXPECT_TRUE(wait_for(store_->labels(10))->empty());
}

}  // namespace
}  // namespace taskgate::store::contract

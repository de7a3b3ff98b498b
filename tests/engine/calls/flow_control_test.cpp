// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/flow_control.hpp"

#include "tests/engine/support/places.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = CircuitBreaker::State;

class FlowControlTest : public ::testing::Test {
  protected:
    FlowControlTest() {
        flow.on_news([this](const ScopeNews& item) { news.push_back(item); });
    }

    /// Waits a second, then fails a call that was sent a millisecond earlier. Returns whether its
    /// retry is postponed.
    bool fails(LaneIndex lane, FailureClass failure_class, std::uint32_t id = 0) {
        CallFeedback feedback(failure_class);
        feedback.is_retried = true;
        feedback.code = "SomeException";
        feedback.message = "text of KMS";
        return ends(lane, feedback, id);
    }
    void fails_times(int times, LaneIndex lane, FailureClass failure_class) {
        for (int time = 0; time < times; ++time) {
            fails(lane, failure_class);
        }
    }
    void succeeds(LaneIndex lane, std::uint32_t id = 0) {
        CallFeedback feedback(FailureClass::none);
        feedback.was_performed = true;
        ends(lane, feedback, id);
    }
    bool ends(LaneIndex lane, const CallFeedback& feedback, std::uint32_t id) {
        now += seconds(1);
        const StartedCall started{WaitingCall{id, 0}, lane, now - milliseconds(1), false};
        return flow.record(started, feedback, now);
    }

    std::optional<ScopeNews> parked() const {
        const std::vector<ScopeNews> scopes = flow.parked_scopes(now);
        EXPECT_LE(scopes.size(), 1U);
        return scopes.empty() ? std::nullopt : std::optional(scopes.front());
    }
    void park_endpoint() {
        fails_times(10, replicate, FailureClass::unreachable);
        ASSERT_TRUE(parked());
        ASSERT_EQ(parked()->scope, FailureScope::endpoint);
    }
    void park_pair() {
        fails_times(10, replicate, FailureClass::timeout);
        ASSERT_TRUE(parked());
        ASSERT_EQ(parked()->scope, FailureScope::pair);
        parked_since = now;
    }

    planner::Limits limits;
    Scheduler scheduler{scheduler_settings(limits)};
    io::Moment now{};
    LaneTable lanes{limits, scheduler, now};
    LaneIndex replicate = lanes.replicate_lane(at("us-east-1"), at("eu-west-1"));
    LaneIndex to_other_region = lanes.replicate_lane(at("us-east-1"), at("eu-north-1"));
    LaneIndex describe = lanes.lane(at("eu-west-1"), io::KmsApi::describe_key);
    LaneIndex of_other_account =
        lanes.lane(at("us-east-1", "444455556666"), io::KmsApi::describe_key);
    FlowControl flow{lanes, scheduler, minutes(30), minutes(30)};
    std::vector<ScopeNews> news;
    io::Moment parked_since{};
};

TEST_F(FlowControlTest, reports_the_scope_that_is_parked_and_why) {
    park_pair();
    ASSERT_EQ(news.size(), 1U);
    EXPECT_EQ(news[0].state, State::parked);
    EXPECT_EQ(news[0].reason, FailureClass::timeout);
    EXPECT_EQ(news[0].place, at("eu-west-1"));
    EXPECT_EQ(news[0].primary_region, io::Region::parse("us-east-1").value());
    EXPECT_EQ(failures_text(news[0]), "10 failures in a row");
    EXPECT_EQ(last_failure_text(news[0]), "SomeException: text of KMS");
    EXPECT_EQ(news[0].probe_in, seconds(1));
}

TEST_F(FlowControlTest, a_slow_pair_does_not_affect_other_pairs_of_its_primary) {
    park_pair();
    fails_times(9, to_other_region, FailureClass::timeout);
    EXPECT_EQ(flow.parked_scopes(now).size(), 1U);
}

TEST_F(FlowControlTest, a_probe_without_credentials_shows_nothing_about_the_endpoint) {
    park_endpoint();
    news.clear();
    now += seconds(1);
    CallFeedback no_credentials(FailureClass::no_credentials);
    ends(replicate, no_credentials, 1);
    const std::vector<ScopeNews> scopes = flow.parked_scopes(now);
    ASSERT_EQ(scopes.size(), 2U) << "now the account is parked as well";
    EXPECT_EQ(scopes[1].scope, FailureScope::endpoint);
    EXPECT_EQ(scopes[1].reason, FailureClass::unreachable);
    EXPECT_EQ(scopes[1].probe_in, seconds(2)) << "the next probe follows after the usual delay";
    ASSERT_EQ(news.size(), 1U);
    EXPECT_EQ(news[0].scope, FailureScope::account);
}

TEST_F(FlowControlTest, wasted_probes_do_not_keep_a_scope_parked_beyond_park_timeout) {
    park_endpoint();
    now += minutes(30);
    ends(replicate, CallFeedback(FailureClass::timeout), 1);
    EXPECT_EQ(flow.abandoned_scope(replicate, now).scope, FailureScope::endpoint);
    EXPECT_EQ(flow.abandoned_scope(replicate, now).reason, FailureClass::unreachable);
}

TEST_F(FlowControlTest, a_late_effect_shows_that_a_parked_pair_works) {
    park_pair();
    now += minutes(1);
    flow.record_late_effect(replicate, parked_since, now);
    EXPECT_FALSE(parked());
    ASSERT_EQ(news.size(), 2U);
    EXPECT_EQ(news[1].state, State::closed);
    EXPECT_EQ(news[1].scope, FailureScope::pair);
}

TEST_F(FlowControlTest, a_late_effect_from_before_the_pair_was_parked_shows_nothing) {
    park_pair();
    flow.record_late_effect(replicate, parked_since - milliseconds(1), now);
    EXPECT_TRUE(parked());
}

TEST_F(FlowControlTest, a_late_effect_restarts_the_count_of_failures) {
    fails_times(9, replicate, FailureClass::timeout);
    flow.record_late_effect(replicate, now - seconds(30), now);
    fails_times(9, replicate, FailureClass::timeout);
    EXPECT_FALSE(parked());
    fails(replicate, FailureClass::timeout);
    EXPECT_TRUE(parked());
}

TEST_F(FlowControlTest, a_late_effect_before_any_outcome_or_of_a_read_is_ignored) {
    flow.record_late_effect(replicate, now, now);
    fails(replicate, FailureClass::timeout);
    flow.record_late_effect(describe, now, now);
    EXPECT_TRUE(news.empty());
}

TEST_F(FlowControlTest, credentials_that_were_obtained_resume_their_account) {
    flow.record_credentials(replicate, now);
    fails(replicate, FailureClass::no_credentials);
    ASSERT_TRUE(parked());
    EXPECT_EQ(parked()->scope, FailureScope::account);
    flow.record_credentials(of_other_account, now);
    EXPECT_TRUE(parked()) << "the credentials are another account's";
    flow.record_credentials(describe, now);
    EXPECT_FALSE(parked()) << "an account has the same credentials in all Regions";
}

TEST_F(FlowControlTest, refused_credentials_abandon_their_account_and_no_other) {
    fails(replicate, FailureClass::bad_credentials);
    const ScopeNews abandoned = flow.abandoned_scope(describe, now);
    EXPECT_EQ(abandoned.scope, FailureScope::account);
    EXPECT_EQ(abandoned.code, "SomeException");
    EXPECT_FALSE(flow.are_all_accounts_abandoned(replicate));
    succeeds(of_other_account);
    EXPECT_FALSE(flow.are_all_accounts_abandoned(of_other_account));
    fails(of_other_account, FailureClass::bad_credentials);
    EXPECT_TRUE(flow.are_all_accounts_abandoned(of_other_account));
    EXPECT_TRUE(flow.are_all_accounts_abandoned(replicate));
}

TEST_F(FlowControlTest, an_abandoned_scope_stays_abandoned_after_any_outcome) {
    fails(replicate, FailureClass::bad_credentials);
    succeeds(replicate);
    flow.record_credentials(replicate, now);
    EXPECT_EQ(flow.abandoned_scope(replicate, now).scope, FailureScope::account);
    EXPECT_EQ(news.size(), 1U);
}

TEST_F(FlowControlTest, a_call_that_fails_before_it_was_due_counts_from_now) {
    const StartedCall early{WaitingCall{1, 0}, replicate, now + seconds(2), false};
    for (int time = 0; time < 10; ++time) {
        flow.record(early, CallFeedback(FailureClass::unreachable), now);
    }
    EXPECT_TRUE(parked());
}

class RetryBudgets : public FlowControlTest {
  protected:
    static constexpr std::uint32_t kRetries = kRetryBudgetTokens / kTransientRetryTokens;
    static constexpr std::uint32_t kLast = 1000;

    /// Retries jobs 0 to kRetries - 1. The remaining budget is then too small for another retry.
    void use_up() {
        for (std::uint32_t id = 0; id < kRetries; ++id) {
            ASSERT_FALSE(fails(describe, FailureClass::server_error, id)) << id;
        }
    }
    bool is_postponed() { return fails(describe, FailureClass::server_error, kLast); }
};

TEST_F(RetryBudgets, postpone_retries_when_they_are_used_up) {
    use_up();
    EXPECT_TRUE(is_postponed());
    EXPECT_FALSE(fails(replicate, FailureClass::server_error)) << "each quota has its own budget";
}

TEST_F(RetryBudgets, charge_throttles_less) {
    for (int retry = 0; retry < kRetryBudgetTokens / kThrottleRetryTokens; ++retry) {
        ASSERT_FALSE(fails(describe, FailureClass::throttled, kLast)) << retry;
    }
    EXPECT_TRUE(fails(describe, FailureClass::throttled, kLast));
}

TEST_F(RetryBudgets, refund_the_retry_of_a_job_that_succeeds) {
    use_up();
    succeeds(describe, 0);
    EXPECT_FALSE(is_postponed());
    EXPECT_TRUE(is_postponed()) << "only one retry was refunded";
}

TEST_F(RetryBudgets, grow_by_one_with_a_success_without_retry) {
    use_up();
    constexpr int kLeft = kRetryBudgetTokens % kTransientRetryTokens;
    for (int missing = kLeft; missing < kTransientRetryTokens; ++missing) {
        EXPECT_TRUE(is_postponed()) << missing;
        succeeds(describe, 2000);
    }
    EXPECT_FALSE(is_postponed());
}

TEST_F(RetryBudgets, refund_nothing_for_a_job_that_fails) {
    use_up();
    ends(describe, CallFeedback(FailureClass::none), 0);
    succeeds(describe, 0);
    EXPECT_TRUE(is_postponed()) << "only one token is refunded, as for any success";
}

TEST_F(RetryBudgets, refund_nothing_for_a_forgotten_job) {
    use_up();
    flow.forget(0);
    succeeds(describe, 0);
    EXPECT_TRUE(is_postponed());
}

}  // namespace
}  // namespace keyferry::engine

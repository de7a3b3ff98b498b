// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/breaker.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = Breaker::State;

class BreakerTest : public ::testing::Test {
  protected:
    /// Lets `pause` pass, then fails a call that was sent a millisecond before.
    void refuse(FailureClass failure_class, milliseconds pause = seconds(1)) {
        now += pause;
        breaker.refused(failure_class, now - milliseconds(1), now);
    }
    void refuse_times(int times, FailureClass failure_class, milliseconds pause = seconds(1)) {
        for (int time = 0; time < times; ++time) {
            refuse(failure_class, pause);
        }
    }
    /// Fails calls until one more would park the gate.
    void refuse_all_but_one(FailureClass failure_class) {
        refuse_times(breaker_rule(failure_class).refusals_min - 1, failure_class);
    }
    void park(FailureClass failure_class) {
        refuse_all_but_one(failure_class);
        refuse(failure_class);
        ASSERT_EQ(breaker.state(), State::parked);
    }
    void let_through() {
        now += seconds(1);
        breaker.answered(now - milliseconds(1), now);
    }
    /// Fails the probe as soon as it may leave; returns the time until then.
    milliseconds refuse_probe(FailureClass failure_class) {
        const auto delay = std::chrono::duration_cast<milliseconds>(breaker.probe_at() - now);
        refuse(failure_class, delay + milliseconds(1));
        return delay;
    }

    io::Moment now{};
    Breaker breaker{minutes(30)};
};

TEST_F(BreakerTest, parks_after_ten_denials) {
    refuse_times(9, FailureClass::denied, milliseconds(1));
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_EQ(breaker.reason(), FailureClass::none);
    EXPECT_EQ(breaker.refusals(), 0U);
    refuse(FailureClass::denied, milliseconds(1));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.reason(), FailureClass::denied);
    EXPECT_EQ(breaker.refusals(), 10U);
    EXPECT_EQ(breaker.parked_since(), now);
    EXPECT_EQ(breaker.probe_at(), now + seconds(30));
}

TEST_F(BreakerTest, parks_for_a_used_up_key_quota_after_five_failures_and_ten_seconds) {
    refuse_times(6, FailureClass::key_quota, milliseconds(1999));
    EXPECT_EQ(breaker.state(), State::closed) << "9.995 s";
    refuse(FailureClass::key_quota, milliseconds(5));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.probe_at(), now + seconds(30));
}

TEST_F(BreakerTest, parks_for_a_used_up_key_quota_after_five_failures_over_any_time) {
    refuse_times(4, FailureClass::key_quota, seconds(60));
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::key_quota);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(BreakerTest, parks_an_unreachable_endpoint_after_ten_failures_and_five_seconds) {
    refuse_times(9, FailureClass::unreachable, milliseconds(600));
    EXPECT_EQ(breaker.state(), State::closed) << "nine in 4.8 s";
    refuse(FailureClass::unreachable, milliseconds(199));
    EXPECT_EQ(breaker.state(), State::closed) << "ten in 4.999 s";
    refuse(FailureClass::unreachable, milliseconds(1));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.probe_at(), now + seconds(1));
}

TEST_F(BreakerTest, counts_consecutive_failures_until_a_success) {
    refuse_all_but_one(FailureClass::denied);
    let_through();
    refuse_all_but_one(FailureClass::denied);
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::denied);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(BreakerTest, counts_each_failure_class_separately) {
    for (int time = 0; time < 4; ++time) {
        refuse(FailureClass::denied);
        refuse(FailureClass::throttled);
        refuse(FailureClass::key_quota);
    }
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::key_quota);
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.reason(), FailureClass::key_quota);
    EXPECT_EQ(breaker.refusals(), 5U);
}

TEST_F(BreakerTest, counts_failures_that_end_no_job_across_any_silence) {
    for (int time = 0; time < 5; ++time) {
        refuse(FailureClass::key_quota, minutes(20));
    }
    EXPECT_EQ(breaker.state(), State::parked) << "a quota may allow no more than one call an hour";
}

TEST_F(BreakerTest, restarts_the_count_after_a_long_silence) {
    refuse_all_but_one(FailureClass::denied);
    refuse(FailureClass::denied, minutes(11));
    EXPECT_EQ(breaker.state(), State::closed);
    refuse_all_but_one(FailureClass::denied);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(BreakerTest, probes_at_growing_intervals) {
    park(FailureClass::denied);
    const std::uint64_t before = breaker.refusals();
    std::vector<milliseconds> delays;
    for (int probe = 0; probe < 6; ++probe) {
        delays.push_back(refuse_probe(FailureClass::denied));
    }
    EXPECT_EQ(delays,
              (std::vector<milliseconds>{
                  seconds(30), minutes(1), minutes(2), minutes(4), minutes(5), minutes(5)}));
    EXPECT_EQ(breaker.refusals(), before + 6);
}

TEST_F(BreakerTest, probes_an_unreachable_endpoint_every_1_to_30_seconds) {
    refuse_times(10, FailureClass::unreachable);
    EXPECT_EQ(refuse_probe(FailureClass::unreachable), seconds(1));
    EXPECT_EQ(refuse_probe(FailureClass::unreachable), seconds(2));
    for (int probe = 0; probe < 3; ++probe) {
        refuse_probe(FailureClass::unreachable);
    }
    EXPECT_EQ(refuse_probe(FailureClass::unreachable), seconds(30));
}

TEST_F(BreakerTest, opens_and_resets_when_its_probe_succeeds) {
    park(FailureClass::denied);
    refuse_probe(FailureClass::denied);
    now = breaker.probe_at();
    let_through();
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_EQ(breaker.reason(), FailureClass::none);
    park(FailureClass::denied);
    EXPECT_EQ(breaker.probe_at(), now + seconds(30));
}

TEST_F(BreakerTest, ignores_failures_of_calls_sent_before_it_was_parked) {
    park(FailureClass::denied);
    const io::Moment probe_at = breaker.probe_at();
    const std::uint64_t before = breaker.refusals();
    breaker.refused(FailureClass::denied, now, now + seconds(3));
    breaker.refused(FailureClass::unreachable, now, now + minutes(31));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.probe_at(), probe_at);
    EXPECT_EQ(breaker.refusals(), before);
}

TEST_F(BreakerTest, counts_one_failure_for_all_calls_sent_before_a_probe_ended) {
    park(FailureClass::denied);
    refuse_probe(FailureClass::denied);
    const io::Moment probe_at = breaker.probe_at();
    breaker.refused(FailureClass::denied, now - milliseconds(1), now);
    EXPECT_EQ(breaker.probe_at(), probe_at);
}

TEST_F(BreakerTest, opens_for_a_late_success_but_keeps_its_probe_delay) {
    park(FailureClass::denied);
    refuse_probe(FailureClass::denied);
    breaker.answered(io::Moment{}, now);
    EXPECT_EQ(breaker.state(), State::closed);
    park(FailureClass::denied);
    EXPECT_EQ(breaker.probe_at(), now + minutes(2));
}

TEST_F(BreakerTest, reports_the_failure_of_its_last_probe) {
    park(FailureClass::denied);
    refuse_probe(FailureClass::key_quota);
    EXPECT_EQ(breaker.reason(), FailureClass::key_quota);
    EXPECT_EQ(breaker.refusals(), 1U);
    refuse_probe(FailureClass::throttled);
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.reason(), FailureClass::key_quota)
        << "a throttle does not end a quota failure";
}

TEST_F(BreakerTest, abandons_with_a_last_probe_after_the_maximum_park_time) {
    park(FailureClass::denied);
    const io::Moment parked_since = breaker.parked_since();
    while (breaker.state() == State::parked) {
        ASSERT_LE(breaker.probe_at(), parked_since + minutes(30) + milliseconds(10));
        refuse_probe(FailureClass::denied);
    }
    EXPECT_EQ(breaker.state(), State::given_up);
    EXPECT_EQ(breaker.reason(), FailureClass::denied);
    EXPECT_GE(now, parked_since + minutes(30));
    EXPECT_LE(now, parked_since + minutes(30) + milliseconds(10));
}

TEST_F(BreakerTest, stays_abandoned_for_this_run) {
    park(FailureClass::denied);
    now += hours(1);
    refuse(FailureClass::denied);
    ASSERT_EQ(breaker.state(), State::given_up);
    let_through();
    EXPECT_EQ(breaker.state(), State::given_up);
    EXPECT_EQ(breaker.reason(), FailureClass::denied);
}

TEST_F(BreakerTest, never_parks_for_throttles_but_abandons_like_the_others) {
    refuse_times(1800, FailureClass::throttled);
    EXPECT_EQ(breaker.state(), State::closed) << "29 min 59 s";
    refuse(FailureClass::throttled);
    EXPECT_EQ(breaker.state(), State::given_up);
    EXPECT_EQ(breaker.reason(), FailureClass::throttled);
}

TEST_F(BreakerTest, does_not_abandon_for_a_few_throttles_far_apart) {
    for (int time = 0; time < 8; ++time) {
        refuse(FailureClass::throttled, minutes(5));
    }
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST(Breaker, abandons_a_never_reached_endpoint_sooner) {
    Breaker never(minutes(30), seconds(30));
    Breaker once(minutes(30), seconds(30));
    once.answered(io::Moment{}, io::Moment{});
    io::Moment now{};
    for (int second = 0; second < 50; ++second) {
        now += seconds(1);
        never.refused(FailureClass::unreachable, now, now);
        once.refused(FailureClass::unreachable, now, now);
    }
    EXPECT_EQ(never.state(), Breaker::State::given_up);
    EXPECT_EQ(once.state(), Breaker::State::parked);
}

}  // namespace
}  // namespace keyferry::engine

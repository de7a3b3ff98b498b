// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using State = CircuitBreaker::State;

class CircuitBreakerTest : public ::testing::Test {
  protected:
    /// Advances time by `pause`, then fails a call that was sent a millisecond earlier.
    void refuse(FailureClass failure_class, milliseconds pause = seconds(1)) {
        now += pause;
        if (failure_class == FailureClass::throttled) {
            breaker.record_throttle(now - milliseconds(1), now);
        } else {
            breaker.record_failure(failure_class, now - milliseconds(1), now);
        }
    }
    void refuse_times(int times, FailureClass failure_class, milliseconds pause = seconds(1)) {
        for (int time = 0; time < times; ++time) {
            refuse(failure_class, pause);
        }
    }
    /// Fails calls until one more failure would park the scope.
    void refuse_all_but_one(FailureClass failure_class) {
        refuse_times(breaker_rule(failure_class).failures_min - 1, failure_class);
    }
    void park(FailureClass failure_class) {
        refuse_all_but_one(failure_class);
        refuse(failure_class, breaker_rule(failure_class).lasting_min + seconds(1));
        ASSERT_EQ(breaker.state(), State::parked);
    }
    void let_through() {
        now += seconds(1);
        breaker.record_success(now - milliseconds(1), now);
    }
    /// Fails the probe as soon as it may be sent; returns the time until then.
    milliseconds refuse_probe(FailureClass failure_class) {
        const auto delay = std::chrono::duration_cast<milliseconds>(breaker.probe_at() - now);
        refuse(failure_class, delay + milliseconds(1));
        return delay;
    }

    io::Moment now{};
    CircuitBreaker breaker{minutes(30), minutes(30)};
};

TEST_F(CircuitBreakerTest,
       parks_an_unreachable_scope_after_ten_failures_however_quickly_they_follow) {
    refuse_times(9, FailureClass::unreachable, milliseconds(1));
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_EQ(breaker.reason(), FailureClass::none);
    EXPECT_EQ(breaker.failures(), 0U);
    refuse(FailureClass::unreachable, milliseconds(1));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.reason(), FailureClass::unreachable);
    EXPECT_EQ(breaker.failures(), 10U);
    EXPECT_EQ(breaker.parked_since(), now);
    EXPECT_EQ(breaker.probe_at(), now + seconds(1));
}

TEST_F(CircuitBreakerTest, parks_for_an_exhausted_key_quota_after_five_failures_and_ten_seconds) {
    refuse_times(6, FailureClass::key_quota, milliseconds(1999));
    EXPECT_EQ(breaker.state(), State::closed) << "9.995 s";
    refuse(FailureClass::key_quota, milliseconds(5));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.probe_at(), now + seconds(30));
}

TEST_F(CircuitBreakerTest, parks_for_an_exhausted_key_quota_after_five_failures_over_any_time) {
    refuse_times(4, FailureClass::key_quota, seconds(60));
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::key_quota);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(CircuitBreakerTest, parks_for_server_errors_after_ten_failures_and_five_seconds) {
    refuse_times(9, FailureClass::server_error, milliseconds(600));
    EXPECT_EQ(breaker.state(), State::closed) << "nine failures in 4.8 s";
    refuse(FailureClass::server_error, milliseconds(199));
    EXPECT_EQ(breaker.state(), State::closed) << "ten failures in 4.999 s";
    refuse(FailureClass::server_error, milliseconds(1));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.probe_at(), now + seconds(1));
}

TEST_F(CircuitBreakerTest, counts_consecutive_failures_until_a_success) {
    refuse_all_but_one(FailureClass::unreachable);
    let_through();
    refuse_all_but_one(FailureClass::unreachable);
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::unreachable);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(CircuitBreakerTest, counts_each_failure_class_separately) {
    for (int time = 0; time < 4; ++time) {
        refuse(FailureClass::unreachable);
        refuse(FailureClass::timeout);
        refuse(FailureClass::key_quota);
    }
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::key_quota);
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.reason(), FailureClass::key_quota);
    EXPECT_EQ(breaker.failures(), 5U);
}

TEST_F(CircuitBreakerTest, counts_failures_that_do_not_end_jobs_across_any_pause) {
    for (int time = 0; time < 5; ++time) {
        refuse(FailureClass::key_quota, minutes(20));
    }
    EXPECT_EQ(breaker.state(), State::parked) << "a quota may allow no more than one call an hour";
}

TEST_F(CircuitBreakerTest, restarts_the_count_after_a_long_silence) {
    refuse_all_but_one(FailureClass::unreachable);
    refuse(FailureClass::unreachable, minutes(11));
    EXPECT_EQ(breaker.state(), State::closed);
    refuse_times(8, FailureClass::unreachable);
    EXPECT_EQ(breaker.state(), State::closed);
    refuse(FailureClass::unreachable);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(CircuitBreakerTest, probes_at_growing_intervals) {
    park(FailureClass::key_quota);
    const std::uint64_t before = breaker.failures();
    std::vector<milliseconds> delays;
    for (int probe = 0; probe < 6; ++probe) {
        delays.push_back(refuse_probe(FailureClass::key_quota));
    }
    EXPECT_EQ(delays,
              (std::vector<milliseconds>{
                  seconds(30), minutes(1), minutes(2), minutes(4), minutes(5), minutes(5)}));
    EXPECT_EQ(breaker.failures(), before + 6);
}

TEST_F(CircuitBreakerTest, probes_an_unreachable_endpoint_every_1_to_30_seconds) {
    refuse_times(10, FailureClass::unreachable);
    EXPECT_EQ(refuse_probe(FailureClass::unreachable), seconds(1));
    EXPECT_EQ(refuse_probe(FailureClass::unreachable), seconds(2));
    for (int probe = 0; probe < 3; ++probe) {
        refuse_probe(FailureClass::unreachable);
    }
    EXPECT_EQ(refuse_probe(FailureClass::unreachable), seconds(30));
}

TEST_F(CircuitBreakerTest, opens_and_resets_when_its_probe_succeeds) {
    park(FailureClass::key_quota);
    refuse_probe(FailureClass::key_quota);
    now = breaker.probe_at();
    let_through();
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_EQ(breaker.reason(), FailureClass::none);
    park(FailureClass::key_quota);
    EXPECT_EQ(breaker.probe_at(), now + seconds(30));
}

TEST_F(CircuitBreakerTest, ignores_failures_of_calls_sent_before_it_was_parked) {
    park(FailureClass::key_quota);
    const io::Moment probe_at = breaker.probe_at();
    const std::uint64_t before = breaker.failures();
    breaker.record_failure(FailureClass::key_quota, now, now + seconds(3));
    breaker.record_failure(FailureClass::unreachable, now, now + minutes(31));
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.probe_at(), probe_at);
    EXPECT_EQ(breaker.failures(), before);
}

TEST_F(CircuitBreakerTest, counts_one_failure_for_all_calls_sent_before_a_probe_ended) {
    park(FailureClass::key_quota);
    refuse_probe(FailureClass::key_quota);
    const io::Moment probe_at = breaker.probe_at();
    breaker.record_failure(FailureClass::key_quota, now - milliseconds(1), now);
    EXPECT_EQ(breaker.probe_at(), probe_at);
}

TEST_F(CircuitBreakerTest, opens_for_a_late_success_but_keeps_its_probe_delay) {
    park(FailureClass::key_quota);
    refuse_probe(FailureClass::key_quota);
    breaker.record_success(io::Moment{}, now);
    EXPECT_EQ(breaker.state(), State::closed);
    park(FailureClass::key_quota);
    EXPECT_EQ(breaker.probe_at(), now + minutes(2));
}

TEST_F(CircuitBreakerTest, reports_the_failure_of_its_last_probe) {
    park(FailureClass::server_error);
    refuse_probe(FailureClass::timeout);
    EXPECT_EQ(breaker.reason(), FailureClass::timeout);
    EXPECT_EQ(breaker.failures(), 1U);
}

TEST_F(CircuitBreakerTest, abandons_with_a_last_probe_after_the_maximum_park_time) {
    park(FailureClass::key_quota);
    const io::Moment parked_since = breaker.parked_since();
    while (breaker.state() == State::parked) {
        ASSERT_LE(breaker.probe_at(), parked_since + minutes(30) + milliseconds(10));
        refuse_probe(FailureClass::key_quota);
    }
    EXPECT_EQ(breaker.state(), State::abandoned);
    EXPECT_EQ(breaker.reason(), FailureClass::key_quota);
    EXPECT_GE(now, parked_since + minutes(30));
    EXPECT_LE(now, parked_since + minutes(30) + milliseconds(10));
}

TEST_F(CircuitBreakerTest, stays_abandoned_for_this_run) {
    park(FailureClass::key_quota);
    now += hours(1);
    refuse(FailureClass::key_quota);
    ASSERT_EQ(breaker.state(), State::abandoned);
    let_through();
    EXPECT_EQ(breaker.state(), State::abandoned);
    EXPECT_EQ(breaker.reason(), FailureClass::key_quota);
}

TEST_F(CircuitBreakerTest, never_parks_for_throttles_but_abandons_like_the_others) {
    refuse_times(1800, FailureClass::throttled);
    EXPECT_EQ(breaker.state(), State::closed) << "29 min 59 s";
    refuse(FailureClass::throttled);
    EXPECT_EQ(breaker.state(), State::abandoned);
    EXPECT_EQ(breaker.reason(), FailureClass::throttled);
}

TEST_F(CircuitBreakerTest, does_not_abandon_for_a_few_throttles_far_apart) {
    for (int time = 0; time < 8; ++time) {
        refuse(FailureClass::throttled, minutes(5));
    }
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, abandons_an_endpoint_that_cannot_recover_after_thirty_seconds) {
    const io::Moment first = now + seconds(1);
    refuse_times(3, FailureClass::unusable_endpoint);
    ASSERT_EQ(breaker.state(), State::parked);
    while (breaker.state() == State::parked) {
        refuse_probe(FailureClass::unusable_endpoint);
    }
    EXPECT_EQ(breaker.reason(), FailureClass::unusable_endpoint);
    EXPECT_GE(now, first + seconds(30));
    EXPECT_LE(now, first + seconds(30) + milliseconds(20));
}

TEST_F(CircuitBreakerTest, waits_for_an_endpoint_that_is_unreachable_from_the_first_minute) {
    refuse_times(60, FailureClass::unreachable);
    EXPECT_EQ(breaker.state(), State::parked);
}

TEST_F(CircuitBreakerTest, other_failures_in_between_restart_the_thirty_seconds) {
    refuse_times(3, FailureClass::unusable_endpoint);
    for (int probe = 0; probe < 10; ++probe) {
        refuse_probe(probe % 2 == 0 ? FailureClass::unreachable : FailureClass::unusable_endpoint);
    }
    EXPECT_EQ(breaker.state(), State::parked) << "name lookup fails and succeeds alternately";
}

TEST_F(CircuitBreakerTest, abandons_refused_credentials_at_once) {
    refuse(FailureClass::bad_credentials);
    EXPECT_EQ(breaker.state(), State::abandoned);
    EXPECT_EQ(breaker.reason(), FailureClass::bad_credentials);
}

TEST_F(CircuitBreakerTest, probes_for_credentials_that_cannot_be_obtained) {
    refuse(FailureClass::no_credentials);
    ASSERT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(refuse_probe(FailureClass::no_credentials), seconds(1));
    refuse_probe(FailureClass::bad_credentials);
    EXPECT_EQ(breaker.state(), State::abandoned);
}

TEST_F(CircuitBreakerTest, treats_a_throttle_as_a_response) {
    park(FailureClass::unreachable);
    now = breaker.probe_at() + milliseconds(1);
    breaker.record_throttle(now, now);
    EXPECT_EQ(breaker.state(), State::closed);
    refuse_times(9, FailureClass::unreachable);
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(CircuitBreakerTest, restarts_the_time_of_throttles_after_another_failure) {
    refuse_times(60, FailureClass::throttled, seconds(20));
    refuse(FailureClass::unreachable);
    refuse_times(40, FailureClass::throttled, seconds(20));
    EXPECT_EQ(breaker.state(), State::closed) << "20 minutes and 13 minutes of throttles only";
}

TEST_F(CircuitBreakerTest, delays_the_next_probe_after_an_inconclusive_one) {
    park(FailureClass::server_error);
    now = breaker.probe_at() + milliseconds(1);
    breaker.record_wasted_probe(now, now);
    EXPECT_EQ(breaker.state(), State::parked);
    EXPECT_EQ(breaker.reason(), FailureClass::server_error);
    EXPECT_EQ(breaker.probe_at(), now + seconds(2));
}

TEST_F(CircuitBreakerTest, is_calm_until_a_failure_and_after_a_success) {
    EXPECT_TRUE(breaker.is_calm());
    refuse(FailureClass::server_error);
    EXPECT_FALSE(breaker.is_calm());
    let_through();
    EXPECT_TRUE(breaker.is_calm());
}

}  // namespace
}  // namespace keyferry::engine

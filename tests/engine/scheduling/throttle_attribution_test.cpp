// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/throttle_attribution.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace keyferry::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(ResponseTally, counts_responses_and_throttles) {
    ResponseTally tally;
    tally.count(true, io::Moment{});
    tally.count(false, io::Moment{});
    EXPECT_EQ(tally.answers(io::Moment{}), 2);
    EXPECT_EQ(tally.throttles(io::Moment{}), 1);
}

TEST(ResponseTally, decays_within_seconds) {
    ResponseTally tally;
    tally.count(true, io::Moment{});
    EXPECT_NEAR(tally.answers(io::Moment{} + seconds(10)), std::exp(-1), 1e-9);
    tally.count(false, io::Moment{} + seconds(10));
    EXPECT_NEAR(tally.answers(io::Moment{} + seconds(10)), 1 + std::exp(-1), 1e-9);
    EXPECT_NEAR(tally.throttles(io::Moment{} + seconds(20)), std::exp(-2), 1e-9);
    EXPECT_LT(tally.answers(io::Moment{} + minutes(10)), 1e-9);
}

/// Lanes from primaries to replica Regions; each lane uses one bucket of its primary and one of its
/// replica Region.
class ThrottleAttributionTest : public ::testing::Test {
  protected:
    static constexpr std::size_t kPrimaries = 2;
    static constexpr std::size_t kReplicas = 20;

    /// Simulates one second in which the lane receives four responses, and every
    /// `throttled_each`-th response is a throttle (0: none).
    void answers(std::size_t primary, std::size_t replica, int throttled_each) {
        for (int answer = 1; answer <= 4; ++answer) {
            const bool throttled = throttled_each > 0 && answer % throttled_each == 0;
            lanes_[primary][replica].count(throttled, now_);
            primaries_[primary].count(throttled, now_);
            replicas_[replica].count(throttled, now_);
        }
    }
    void pass(seconds time) { now_ += time; }
    enum Slowed { the_primary, the_replica };
    Slowed slowed(std::size_t primary, std::size_t replica) const {
        const std::array<const ResponseTally*, 2> buckets{&primaries_[primary],
                                                          &replicas_[replica]};
        return bucket_to_slow(lanes_[primary][replica], buckets, now_) == 0 ? the_primary
                                                                            : the_replica;
    }

  private:
    io::Moment now_{seconds(1000)};
    std::array<std::array<ResponseTally, kReplicas>, kPrimaries> lanes_;
    std::array<ResponseTally, kPrimaries> primaries_;
    std::array<ResponseTally, kReplicas> replicas_;
};

TEST_F(ThrottleAttributionTest, slows_the_replicas_bucket_without_any_evidence) {
    EXPECT_EQ(slowed(0, 0), the_replica);
    answers(0, 0, 1);
    EXPECT_EQ(slowed(0, 0), the_replica);
}

TEST_F(ThrottleAttributionTest, slows_the_one_replica_that_is_throttled_while_others_succeed) {
    for (std::size_t replica = 0; replica < kReplicas; ++replica) {
        answers(0, replica, replica == 3 ? 1 : 0);
    }
    EXPECT_EQ(slowed(0, 3), the_replica);
}

TEST_F(ThrottleAttributionTest, slows_each_replica_when_half_of_them_are_throttled) {
    for (std::size_t replica = 0; replica < kReplicas; ++replica) {
        answers(0, replica, replica % 2 == 0 ? 1 : 0);
    }
    EXPECT_EQ(slowed(0, 2), the_replica);
}

TEST_F(ThrottleAttributionTest, slows_a_replica_that_is_throttled_for_all_primaries) {
    for (std::size_t replica = 0; replica < kReplicas; ++replica) {
        answers(0, replica, replica == 3 ? 1 : 4);
        answers(1, replica, replica == 3 ? 1 : 0);
    }
    EXPECT_EQ(slowed(0, 3), the_replica);
    EXPECT_EQ(slowed(1, 3), the_replica);
}

TEST_F(ThrottleAttributionTest, slows_the_primary_when_calls_from_another_primary_succeed) {
    for (std::size_t replica = 0; replica < 3; ++replica) {
        answers(0, replica, 1);
        answers(1, replica, 0);
    }
    EXPECT_EQ(slowed(0, 0), the_primary);
    EXPECT_EQ(slowed(0, 2), the_primary);
}

TEST_F(ThrottleAttributionTest, slows_the_primary_when_all_its_replicas_are_throttled_equally) {
    for (std::size_t replica = 0; replica < 3; ++replica) {
        answers(0, replica, 4);
    }
    EXPECT_EQ(slowed(0, 1), the_primary);
}

TEST_F(ThrottleAttributionTest, slows_the_only_bucket_of_a_lane) {
    ResponseTally tally;
    tally.count(true, io::Moment{});
    const std::array<const ResponseTally*, 1> buckets{&tally};
    EXPECT_EQ(bucket_to_slow(tally, buckets, io::Moment{}), 0U);
}

TEST_F(ThrottleAttributionTest, considers_only_recent_seconds) {
    for (std::size_t replica = 0; replica < 3; ++replica) {
        answers(0, replica, 1);
    }
    pass(seconds(60));
    answers(0, 0, 1);
    answers(0, 1, 0);
    EXPECT_EQ(slowed(0, 0), the_replica);
}

}  // namespace
}  // namespace keyferry::engine

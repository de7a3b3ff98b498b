// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/busy_keys.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const io::Moment kKeysStart{};

std::vector<LaneCall> due(BusyKeys& keys, io::Moment now) {
    std::vector<LaneCall> released;
    keys.release_due(now, released);
    return released;
}

std::vector<LaneCall> finished(BusyKeys& keys, std::uint32_t key) {
    std::vector<LaneCall> released;
    keys.finished(key, released);
    return released;
}

TEST(BusyKeys, keeps_a_key_busy_for_the_spacing_after_a_call_that_ends_sooner) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_TRUE(finished(keys, 7).empty());
    EXPECT_TRUE(due(keys, kKeysStart + milliseconds(999)).empty());
    EXPECT_EQ(keys.release_at(), kKeysStart + seconds(1));
    const std::vector<LaneCall> released = due(keys, kKeysStart + seconds(1));
    ASSERT_EQ(released.size(), 1U);
    EXPECT_EQ(released[0].call.id, 1U);
    EXPECT_EQ(released[0].lane, 3U);
    EXPECT_FALSE(keys.is_busy(7));
}

TEST(BusyKeys, keeps_a_key_busy_until_a_call_that_lasts_longer_has_ended) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_TRUE(due(keys, kKeysStart + seconds(5)).empty());
    EXPECT_TRUE(keys.is_busy(7));
    EXPECT_EQ(finished(keys, 7).size(), 1U);
    EXPECT_FALSE(keys.is_busy(7));
}

TEST(BusyKeys, frees_a_long_call_though_younger_keys_are_still_spaced) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    EXPECT_TRUE(due(keys, kKeysStart + seconds(2)).empty());
    keys.started(8, kKeysStart + seconds(2));
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_EQ(finished(keys, 7).size(), 1U);
    EXPECT_TRUE(keys.is_busy(8));
}

TEST(BusyKeys, needs_no_waking_while_nobody_waits) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    EXPECT_FALSE(keys.release_at());
}

TEST(BusyKeys, spaces_from_when_a_call_left_that_left_late) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    keys.left_late(7, kKeysStart + milliseconds(400));
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_TRUE(finished(keys, 7).empty());
    EXPECT_TRUE(due(keys, kKeysStart + milliseconds(1399)).empty());
    EXPECT_EQ(due(keys, kKeysStart + milliseconds(1400)).size(), 1U);
}

TEST(BusyKeys, spaces_the_retry_of_a_call_too) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    EXPECT_TRUE(finished(keys, 7).empty());
    EXPECT_TRUE(keys.is_busy(7)) << "its own job may be tried again within milliseconds";
}

}  // namespace
}  // namespace keyferry::engine

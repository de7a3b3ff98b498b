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

TEST(BusyKeys, keeps_a_key_busy_for_the_spacing_after_a_short_call) {
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

TEST(BusyKeys, keeps_a_key_busy_until_a_long_call_has_ended) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_TRUE(due(keys, kKeysStart + seconds(5)).empty());
    EXPECT_TRUE(keys.is_busy(7));
    EXPECT_EQ(finished(keys, 7).size(), 1U);
    EXPECT_FALSE(keys.is_busy(7));
}

TEST(BusyKeys, frees_the_key_of_a_long_call_while_newer_keys_are_spaced) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    EXPECT_TRUE(due(keys, kKeysStart + seconds(2)).empty());
    keys.started(8, kKeysStart + seconds(2));
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_EQ(finished(keys, 7).size(), 1U);
    EXPECT_TRUE(keys.is_busy(8));
}

TEST(BusyKeys, needs_no_wakeup_without_waiting_calls) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    EXPECT_FALSE(keys.release_at());
}

TEST(BusyKeys, spaces_from_the_time_a_late_call_was_sent) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    keys.left_late(7, kKeysStart + milliseconds(400));
    keys.hold(LaneCall{WaitingCall{1, 7}, 3});
    EXPECT_TRUE(finished(keys, 7).empty());
    EXPECT_TRUE(due(keys, kKeysStart + milliseconds(1399)).empty());
    EXPECT_EQ(due(keys, kKeysStart + milliseconds(1400)).size(), 1U);
}

TEST(BusyKeys, spaces_retries) {
    BusyKeys keys(seconds(1));
    keys.started(7, kKeysStart);
    EXPECT_TRUE(finished(keys, 7).empty());
    EXPECT_TRUE(keys.is_busy(7)) << "the same job may be retried within milliseconds";
}

}  // namespace
}  // namespace keyferry::engine

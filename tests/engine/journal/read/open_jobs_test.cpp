// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open_jobs.hpp"

#include "engine/journal/format/record.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <malloc.h>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;

OpenJob full() {
    OpenJob open;
    open.attempts = 17;
    open.accepted = true;
    open.first_sent = io::WallTime(milliseconds(1'787'745'600'123));
    open.last_sent = io::WallTime(milliseconds(1'787'745'699'456));
    open.kms_clock_ahead = milliseconds(-4321);
    open.creation_date_s = 1787745601.25;
    open.attribution = Attribution::existed;
    return open;
}

void expect_equal(const std::optional<OpenJob>& found, const OpenJob& expected) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->attempts, expected.attempts);
    EXPECT_EQ(found->accepted, expected.accepted);
    EXPECT_EQ(found->first_sent, expected.first_sent);
    EXPECT_EQ(found->last_sent, expected.last_sent);
    EXPECT_EQ(found->kms_clock_ahead, expected.kms_clock_ahead);
    EXPECT_EQ(found->creation_date_s, expected.creation_date_s);
    EXPECT_EQ(found->attribution, expected.attribution);
}

TEST(OpenJobs, returns_every_detail) {
    OpenJobs jobs;
    jobs.reset(200);
    jobs.put(0, OpenJob());
    jobs.put(199, full());
    expect_equal(jobs.find(0), OpenJob());
    expect_equal(jobs.find(199), full());
    EXPECT_FALSE(jobs.find(1));
    EXPECT_FALSE(jobs.find(100));
    EXPECT_EQ(jobs.size(), 2u);
}

TEST(OpenJobs, stores_details_independently) {
    OpenJobs jobs;
    jobs.reset(1);
    for (const milliseconds ahead :
         {-kJournalClockAheadMax, milliseconds(0), kJournalClockAheadMax}) {
        for (const int attempts : {0, 1, 262'143}) {
            for (const Attribution how :
                 {Attribution::created, Attribution::created_reconciled, Attribution::existed}) {
                for (unsigned members = 0; members < 8; ++members) {
                    OpenJob open = full();
                    open.kms_clock_ahead = ahead;
                    open.attempts = attempts;
                    open.attribution = how;
                    open.accepted = (members & 1U) != 0;
                    if ((members & 2U) != 0) {
                        open.kms_clock_ahead.reset();
                    }
                    if ((members & 4U) != 0) {
                        open.attribution.reset();
                        open.creation_date_s.reset();
                    }
                    jobs.put(0, open);
                    expect_equal(jobs.find(0), open);
                }
            }
        }
    }
}

TEST(OpenJobs, counts_the_attempts_up_to_a_limit) {
    OpenJobs jobs;
    jobs.reset(1);
    OpenJob open;
    open.attempts = 1'000'000;
    jobs.put(0, open);
    EXPECT_EQ(jobs.find(0)->attempts, 262'143);
}

TEST(OpenJobs, forgets_closed_jobs) {
    OpenJobs jobs;
    jobs.reset(100);
    jobs.put(63, full());
    jobs.put(63, full());
    jobs.put(64, full());
    jobs.erase(63);
    jobs.erase(63);
    jobs.erase(99);
    EXPECT_FALSE(jobs.find(63));
    EXPECT_TRUE(jobs.find(64));
    EXPECT_EQ(jobs.size(), 1u);
}

TEST(OpenJobs, raises_the_time_of_the_last_send) {
    OpenJobs jobs;
    jobs.reset(100);
    jobs.put(5, OpenJob());
    jobs.put(70, full());
    const io::WallTime between(milliseconds(1'000));
    jobs.raise_last_sent(between);
    EXPECT_EQ(jobs.find(5)->last_sent, between);
    EXPECT_EQ(jobs.find(70)->last_sent, full().last_sent);
}

TEST(OpenJobs, costs_less_than_33_bytes_for_each_of_a_million_jobs) {
    constexpr planner::JobIndex kJobs = 1'000'000;
    const std::size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
    OpenJobs jobs;
    jobs.reset(kJobs);
    for (planner::JobIndex job = 0; job < kJobs; ++job) {
        jobs.put(job, full());
    }
    const std::size_t after = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
    EXPECT_LT(after - before, std::size_t{33} * kJobs);
}

}  // namespace
}  // namespace keyferry::engine

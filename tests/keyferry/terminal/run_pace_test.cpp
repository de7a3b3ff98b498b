// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/run_pace.hpp"

#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace keyferry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Seconds = std::chrono::duration<double>;

double count(const std::optional<Seconds>& duration) {
    return duration ? duration->count() : -1;
}

io::AccountRegion place(const char* region) {
    return io::AccountRegion(io::AccountId::parse("111122223333").value(),
                             io::Region::parse(region).value());
}

/// Feeds an artificial run into a RunPace, step by step.
class RunPaceTest : public testing::Test {
  protected:
    RunPaceTest() { progress.jobs = 1000; }

    /// Simulates one step of `time`, in which `jobs` jobs end.
    void pass(milliseconds time, std::uint64_t jobs = 0) {
        now += time;
        progress.ended.add(engine::JobPhase::done, engine::Attribution::created, jobs);
        progress.calls += jobs;
        pace = run.update(now, progress);
    }
    void pass_times(int times, milliseconds time, std::uint64_t jobs = 0) {
        for (int step = 0; step < times; ++step) {
            pass(time, jobs);
        }
    }

    io::Moment now{};
    engine::Progress progress;
    RunPace run{io::Moment{}, 0};
    Pace pace;
};

TEST_F(RunPaceTest, measures_the_recent_rate_and_not_the_mean_since_the_start) {
    pass_times(60, seconds(1), 2);
    EXPECT_NEAR(pace.rate_per_s.value_or(0), 2, 0.1);
    pass_times(31, seconds(1), 8);
    EXPECT_NEAR(pace.rate_per_s.value_or(0), 8, 0.1);
    EXPECT_EQ(pace.elapsed, seconds(91));
}

TEST_F(RunPaceTest, does_not_depend_on_the_interval_between_updates) {
    for (const auto interval : {milliseconds(200), milliseconds(5000)}) {
        RunPace other(now, progress.ended.jobs());
        engine::Progress state = progress;
        Pace last;
        for (milliseconds time(0); time <= seconds(100); time += interval) {
            state.ended = {};
            state.ended.add(
                engine::JobPhase::done, engine::Attribution::created, time.count() / 250);
            last = other.update(now + time, state);
        }
        EXPECT_NEAR(last.rate_per_s.value_or(0), 4, 0.2);
        EXPECT_NEAR(count(last.left), 150, 5);
    }
}

TEST_F(RunPaceTest, excludes_jobs_of_earlier_processes) {
    progress.ended.add(engine::JobPhase::done, engine::Attribution::created, 500);
    run = RunPace(io::Moment{}, 500);
    pass_times(20, seconds(1), 5);
    EXPECT_NEAR(pace.rate_per_s.value_or(0), 5, 0.1);
    EXPECT_NEAR(count(pace.left), 80, 3);
}

TEST_F(RunPaceTest, uses_the_time_of_the_slowest_quota) {
    for (int second = 0; second < 40; ++second) {
        progress.drain_time = seconds(600 - second);
        pass(seconds(1), 20);  // the other Regions will be done after 50 s
    }
    EXPECT_NEAR(count(pace.left), 560, 5);
}

TEST_F(RunPaceTest, estimates_from_the_quotas_before_the_first_job_ends) {
    progress.drain_time = seconds(250);
    progress.calls = 1;
    pass(milliseconds(200));
    EXPECT_NEAR(count(pace.left), 250, 1);
    EXPECT_FALSE(pace.rate_per_s);
}

TEST_F(RunPaceTest, ignores_short_peaks_of_the_drain_time) {
    for (int second = 0; second < 60; ++second) {
        progress.drain_time = second % 5 == 4 ? minutes(50) : Seconds(100);
        pass(seconds(1), 4);
        if (second >= 20) {
            EXPECT_LE(count(pace.left), 300) << second;
        }
    }
}

TEST_F(RunPaceTest, gives_no_estimate_while_parked_and_measures_again_afterwards) {
    progress.drain_time = seconds(2);
    pass_times(40, seconds(1), 4);
    EXPECT_TRUE(pace.left);
    progress.parked = 1;
    pass_times(60, seconds(1), 1);
    EXPECT_FALSE(pace.left);
    EXPECT_NEAR(pace.rate_per_s.value_or(0), 1, 0.1) << "the other Regions continue";
    progress.parked = 0;
    pass_times(15, seconds(1), 4);
    EXPECT_NEAR(pace.rate_per_s.value_or(0), 4, 0.1);
    EXPECT_NEAR(count(pace.left), (1000 - 280) / 4.0, 10);
}

TEST_F(RunPaceTest, gives_no_estimate_while_no_job_ends) {
    progress.drain_time = seconds(40);
    pass_times(40, seconds(1), 4);
    EXPECT_TRUE(pace.left);
    pass_times(11, seconds(1));
    EXPECT_FALSE(pace.left);
    pass_times(50, seconds(1));
    EXPECT_EQ(pace.rate_per_s.value_or(-1), 0);
    EXPECT_FALSE(pace.left);
    pass_times(15, seconds(1), 4);
    EXPECT_NEAR(count(pace.left), 195, 10);
}

TEST_F(RunPaceTest, gives_no_estimate_if_all_calls_are_throttled_from_the_start) {
    progress.drain_time = seconds(400);
    progress.calls = progress.throttled = 20;
    progress.throttles = {planner::QuotaCalls{place("us-east-1"), io::KmsApi::replicate_key, 20}};
    pass_times(10, seconds(1));
    EXPECT_FALSE(pace.left);
}

TEST_F(RunPaceTest, waits_longer_for_the_next_job_of_a_slow_run) {
    progress.drain_time = seconds(3000);
    for (int job = 0; job < 20; ++job) {
        pass_times(9, seconds(1));
        EXPECT_TRUE(pace.left) << job;
        pass(seconds(1), 1);
    }
}

TEST_F(RunPaceTest, has_nothing_left_at_the_end) {
    pass_times(100, seconds(1), 10);
    EXPECT_EQ(count(pace.left), 0);
}

TEST_F(RunPaceTest, names_the_quota_that_was_throttled_most_often_recently) {
    const auto throttled = [](const char* region, std::uint64_t calls) {
        return planner::QuotaCalls{place(region), io::KmsApi::replicate_key, calls};
    };
    pass(seconds(1));
    EXPECT_FALSE(pace.throttled);
    progress.throttles = {throttled("eu-west-1", 90), throttled("us-east-1", 1)};
    pass(seconds(1));
    ASSERT_TRUE(pace.throttled);
    EXPECT_EQ(*pace.throttled, throttled("eu-west-1", 90));
    EXPECT_EQ(pace.quotas_throttled, 2U);
    pass_times(40, seconds(1));
    EXPECT_FALSE(pace.throttled) << "the last throttle was long ago";
    progress.throttles = {throttled("eu-west-1", 91), throttled("us-east-1", 4)};
    pass(seconds(1));
    ASSERT_TRUE(pace.throttled);
    EXPECT_EQ(*pace.throttled, throttled("us-east-1", 3));
}

/// The pace at one moment of a run in virtual time.
struct Observed {
    Seconds at;
    Pace pace;
    std::size_t parked;
};

/// Runs the plan to completion and observes it every 200 ms.
struct ObservedRun {
    ObservedRun(int keys, std::string_view faults)
        : plan(engine::plan_of(keys)), kms(engine::with_faults(faults)) {
        engine::fill(kms, plan);
        engine::VirtualRun process(plan, kms, file);
        RunPace pace(io::Moment{}, 0);
        for (io::Moment now{}; !process.is_over(); now += milliseconds(200)) {
            process.run_until(now);
            const engine::Progress progress = process.executor().progress();
            observed.push_back(
                Observed{now - io::Moment{}, pace.update(now, progress), progress.parked});
            took = now - io::Moment{};
        }
    }

    /// The greatest ratio between the estimated and the true time left, or its inverse, from
    /// `begin` on. Differences of up to `tolerance` are ignored.
    [[nodiscard]] double worst_ratio(Seconds begin, Seconds tolerance) const {
        double worst = 1;
        for (const Observed& each : observed) {
            if (each.at >= begin && each.pace.left) {
                const double left = count(each.pace.left);
                const double truth = (took - each.at).count();
                if (std::abs(left - truth) > tolerance.count()) {
                    worst = std::max({worst, left / truth, truth / std::max(left, 0.001)});
                }
            }
        }
        return worst;
    }

    /// The greatest increase of the time left within `time`, from `begin` on, relative to the time
    /// left before it. Increases of less than `tolerance` are ignored.
    [[nodiscard]] double greatest_increase(Seconds begin, Seconds time, Seconds tolerance) const {
        double greatest = 0;
        for (std::size_t from = 0; from < observed.size(); ++from) {
            for (std::size_t to = from + 1;
                 to < observed.size() && observed[to].at - observed[from].at <= time;
                 ++to) {
                const std::optional<Seconds>& before = observed[from].pace.left;
                const std::optional<Seconds>& after = observed[to].pace.left;
                if (!before || !after || observed[from].at < begin) {
                    break;
                }
                if (*after - *before >= tolerance) {
                    greatest = std::max(greatest, (*after - *before) / *before);
                }
            }
        }
        return greatest;
    }

    [[nodiscard]] double known_share(Seconds begin) const {
        double known = 0;
        double all = 0;
        for (const Observed& each : observed) {
            if (each.at >= begin && each.parked == 0) {
                ++all;
                known += each.pace.left ? 1 : 0;
            }
        }
        return known / all;
    }

    planner::Plan plan;
    simulator::SimulatedKms kms;
    io::MemoryAppendFile file;
    std::vector<Observed> observed;
    Seconds took{0};
};

TEST(RunPaceOfARun, counts_down_evenly_in_a_steady_run) {
    const ObservedRun run(400, "");
    EXPECT_EQ(run.known_share(seconds(0)), 1);
    EXPECT_LE(run.greatest_increase(seconds(0), seconds(30), seconds(3)), 0.02);
    EXPECT_LE(run.worst_ratio(seconds(0), seconds(5)), 1.1);
}

TEST(RunPaceOfARun, counts_down_nearly_evenly_in_a_throttled_run) {
    const ObservedRun lightly(400, "ReplicateKey.throttle=0.1");
    EXPECT_LE(lightly.greatest_increase(seconds(20), seconds(30), seconds(5)), 0.1);
    EXPECT_LE(lightly.worst_ratio(seconds(30), seconds(10)), 1.2);
    // The rate of a heavily throttled run changes by a factor of two within minutes.
    const ObservedRun heavily(400, "throttle=0.3");
    EXPECT_LE(heavily.greatest_increase(seconds(20), seconds(30), seconds(10)), 0.35);
    EXPECT_LE(heavily.worst_ratio(seconds(30), seconds(30)), 2.5);
    EXPECT_GE(heavily.known_share(seconds(20)), 0.95);
}

TEST(RunPaceOfARun, gives_no_estimate_while_every_call_is_throttled) {
    const ObservedRun run(400, "throttle=1@1m..2m");
    for (const Observed& each : run.observed) {
        if (each.at >= seconds(80) && each.at < seconds(120)) {
            EXPECT_FALSE(each.pace.left) << each.at.count();
            ASSERT_TRUE(each.pace.throttled) << each.at.count();
        }
    }
    EXPECT_LE(run.worst_ratio(seconds(180), seconds(10)), 2.5);
}

TEST(RunPaceOfARun, gives_no_estimate_exactly_while_a_region_is_parked) {
    for (const char* faults : {"eu-west-1/down=1@60s..3m", "down=1@60s..3m"}) {
        const ObservedRun run(400, faults);
        bool was_parked = false;
        for (const Observed& each : run.observed) {
            was_parked = was_parked || each.parked > 0;
            EXPECT_FALSE(each.parked > 0 && each.pace.left) << each.at.count();
        }
        EXPECT_TRUE(was_parked);
        EXPECT_GE(run.known_share(seconds(0)), 0.95);
        EXPECT_LE(run.greatest_increase(seconds(0), seconds(30), seconds(3)), 0.45) << faults;
        EXPECT_LE(run.worst_ratio(seconds(0), seconds(10)), 1.6) << faults;
    }
}

}  // namespace
}  // namespace keyferry::cli

// SPDX-License-Identifier: Apache-2.0
#include "io/http/deadline_scan.hpp"

#include "io/clock/virtual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace keyferry::io {
namespace {

using namespace std::chrono_literals;

constexpr Moment at(std::chrono::nanoseconds since_start) {
    return Moment(since_start);
}

class Waiter final : public DeadlineWaiter {
  public:
    explicit Waiter(Clock& clock) : clock_(clock) {}
    std::optional<Moment> ended_at;

  private:
    void on_deadline() noexcept override { ended_at = clock_.now(); }
    Clock& clock_;
};

class DeadlineScanTest : public ::testing::Test {
  protected:
    boost::asio::io_context io_{1};
    VirtualClock clock_{io_};
    DeadlineScan scan_{clock_, 100ms};
};

TEST_F(DeadlineScanTest, times_out_at_first_tick_after_deadline) {
    Waiter waiter(clock_);
    scan_.watch(waiter, at(250ms));
    clock_.run(io_);
    EXPECT_TRUE(waiter.timed_out());
    EXPECT_EQ(waiter.ended_at, at(300ms));
}

TEST_F(DeadlineScanTest, never_times_out_inside_watch) {
    Waiter waiter(clock_);
    scan_.watch(waiter, at(-1s));
    EXPECT_FALSE(waiter.timed_out());
    clock_.run(io_);
    EXPECT_EQ(waiter.ended_at, at(100ms));
}

TEST_F(DeadlineScanTest, unwatched_waiters_do_not_time_out) {
    Waiter done(clock_);
    Waiter other(clock_);
    scan_.watch(done, at(1s));
    scan_.watch(other, at(1s));
    clock_.run_until(io_, at(500ms));
    scan_.unwatch(done);
    clock_.run(io_);
    EXPECT_FALSE(done.ended_at);
    EXPECT_TRUE(other.ended_at);
}

TEST_F(DeadlineScanTest, later_deadline_replaces_earlier_one) {
    Waiter waiter(clock_);
    scan_.watch(waiter, at(200ms));
    scan_.watch(waiter, at(2s));
    clock_.run(io_);
    EXPECT_EQ(waiter.ended_at, at(2s));
}

TEST_F(DeadlineScanTest, waiter_can_be_destroyed_while_watched) {
    auto waiter = std::make_unique<Waiter>(clock_);
    scan_.watch(*waiter, at(200ms));
    waiter.reset();
    clock_.run(io_);
}

TEST_F(DeadlineScanTest, stops_ticking_without_waiters) {
    Waiter waiter(clock_);
    scan_.watch(waiter, at(1h));
    scan_.unwatch(waiter);
    clock_.run(io_);
    EXPECT_EQ(clock_.now(), at(100ms));
}

TEST_F(DeadlineScanTest, ticks_again_for_a_new_waiter) {
    Waiter waiter(clock_);
    scan_.watch(waiter, at(100ms));
    clock_.run(io_);
    scan_.watch(waiter, at(1s));
    EXPECT_FALSE(waiter.timed_out());
    clock_.run(io_);
    EXPECT_TRUE(waiter.timed_out());
}

TEST(DeadlineScanLife, can_be_destroyed_before_or_after_clock) {
    boost::asio::io_context io{1};
    std::optional<VirtualClock> clock(std::in_place, io);
    Waiter waiter(*clock);
    std::optional<DeadlineScan> scan(std::in_place, *clock, 100ms);
    scan->watch(waiter, at(1s));
    scan.reset();
    clock->run(io);
    EXPECT_FALSE(waiter.ended_at);

    scan.emplace(*clock, 100ms);
    scan->watch(waiter, at(1s));
    clock.reset();
    scan.reset();
    io.restart();
    io.run();
    EXPECT_FALSE(waiter.ended_at);
}

}  // namespace
}  // namespace keyferry::io

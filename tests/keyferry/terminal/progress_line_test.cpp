// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

engine::Progress half_done() {
    engine::Progress progress;
    progress.jobs = 10;
    progress.ended.add(engine::JobPhase::done, engine::Attribution::created, 5);
    progress.drain_time = seconds(40);
    return progress;
}

boost::json::object json_of(const engine::Progress& progress) {
    return boost::json::parse(progress_json(progress, seconds(20)))
        .as_object()
        .at("progress")
        .as_object();
}

TEST(ProgressLine, estimates_the_time_that_the_quotas_need) {
    EXPECT_THAT(progress_text(half_done(), 0, seconds(20)), HasSubstr("about 40 s left"));
    EXPECT_EQ(json_of(half_done()).at("remaining_s"), 40.0);
}

TEST(ProgressLine, gives_no_estimate_while_a_region_is_parked) {
    engine::Progress progress = half_done();
    progress.parked = 2;
    progress.probe_in = milliseconds(8000);
    const std::string text = progress_text(progress, 0, seconds(20));
    EXPECT_THAT(text, HasSubstr("2 parked, next probe in 8.0 s"));
    EXPECT_THAT(text, Not(HasSubstr("left")));
    EXPECT_TRUE(json_of(progress).at("remaining_s").is_null());
    EXPECT_EQ(json_of(progress).at("parked"), 2);
}

TEST(ProgressLine, reports_a_probe_in_flight) {
    engine::Progress progress = half_done();
    progress.parked = 1;
    EXPECT_THAT(progress_text(progress, 0, seconds(20)), HasSubstr("1 parked, probing now"));
}

TEST(ProgressLine, gives_no_estimate_of_less_than_a_second) {
    engine::Progress progress = half_done();
    progress.drain_time = milliseconds(80);
    EXPECT_THAT(progress_text(progress, 0, seconds(20)), Not(HasSubstr("left")));
}

}  // namespace
}  // namespace keyferry::cli

// SPDX-License-Identifier: Apache-2.0
// Tests the preflight checks of keys with an in-process simulator.
#include "tools/keyferry/run/preflight.hpp"

#include "planner/spec/load_fleet.hpp"
#include "tests/keyferry/support/in_process_kms.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::cli {
namespace {

using ::testing::HasSubstr;

class PreflightTest : public ::testing::Test {
  protected:
    void plan_keys(std::size_t keys) {
        std::string spec =
            "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n"
            "[[group]]\nname = \"g\"\nreplicate_to = [\"eu-west-1\"]\npolicy = \"default\"\n"
            "keys = [";
        for (std::size_t key = 0; key < keys; ++key) {
            spec += fmt::format("\"mrk-{:032x}\",", key);
        }
        planner::FleetLoad load = planner::load_fleet(
            spec + "]\n", "fleet.toml", [](const std::string&) -> io::Parsed<planner::FileText> {
                return io::ParseProblem{"no files here"};
            });
        fleet_.plan = std::move(load.plan.value());
        session_.open(std::make_unique<InProcessKms>(kms_, session_.clock()));
    }

    /// Returns the output of the preflight checks.
    std::string log_of(const PreflightContext& context = {}) {
        testing::internal::CaptureStderr();
        preflight(fleet_, context, session_);
        return testing::internal::GetCapturedStderr();
    }

    simulator::SimulatedKms kms_{simulator::SimulatorSettings()};
    KmsSession session_{{}, ProgressStyle::none};
    Fleet fleet_;
};

TEST_F(PreflightTest, counts_primaries_that_can_be_replicated) {
    plan_keys(3);
    simulator::SeededKey disabled;
    disabled.state = io::KeyState::disabled;
    ASSERT_TRUE(kms_.model().add_primary_key(fleet_.plan.keys[0].primary));
    ASSERT_TRUE(kms_.model().add_primary_key(fleet_.plan.keys[1].primary, disabled));
    const std::string log = log_of();
    EXPECT_THAT(log, HasSubstr("  identity    tester\n"));
    EXPECT_THAT(log, HasSubstr("  primaries   1 of 3 can be replicated\n"));
    EXPECT_THAT(log, HasSubstr("- 1: primary absent. "));
    EXPECT_THAT(log, HasSubstr("- 1: primary disabled. "));
    EXPECT_THAT(log, HasSubstr("  replicas    1 to create, 0 exist, 0 unusable\n"));
}

TEST_F(PreflightTest, agrees_with_the_run_about_blocked_replicas) {
    plan_keys(3);
    for (const planner::PlannedKey& key : fleet_.plan.keys) {
        ASSERT_TRUE(kms_.model().add_primary_key(key.primary));
    }
    ASSERT_TRUE(kms_.model().set_state(fleet_.plan.keys[0].primary, io::KeyState::unavailable));
    fleet_.saved_review = planner::unsurveyed_review(fleet_.plan);
    fleet_.saved_review->verdicts[1] = {planner::JobAction::exists, planner::ActionReason::ready};
    const std::string log = log_of();
    EXPECT_THAT(log, HasSubstr("  primaries   2 of 3 can be replicated\n"));
    EXPECT_THAT(log, HasSubstr("- 1: primary unavailable. "));
    EXPECT_THAT(log, HasSubstr("tries to replicate"));
    EXPECT_THAT(log, HasSubstr("  replicas    1 to create, 0 exist, 0 unusable\n"));
    EXPECT_THAT(log, HasSubstr("- 1: not in saved plan. "));
    EXPECT_FALSE(planner::is_certain(fleet_.review.verdicts[0].reason)) << "the run sends it";
    EXPECT_EQ(fleet_.review.verdicts[1].reason, planner::ActionReason::not_in_saved_plan);
}

TEST_F(PreflightTest, only_surveys_the_keys_if_it_is_quiet) {
    plan_keys(2);
    ASSERT_TRUE(kms_.model().add_primary_key(fleet_.plan.keys[0].primary));
    PreflightContext quiet;
    quiet.is_quiet = true;
    EXPECT_EQ(log_of(quiet), "");
    ASSERT_TRUE(fleet_.review.is_surveyed);
    EXPECT_EQ(fleet_.review.verdicts[0].reason, planner::ActionReason::absent);
    EXPECT_EQ(fleet_.review.verdicts[1].reason, planner::ActionReason::primary_absent);
}

}  // namespace
}  // namespace keyferry::cli

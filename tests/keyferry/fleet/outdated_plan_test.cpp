// SPDX-License-Identifier: Apache-2.0
// Runs a plan after changes in KMS. Tests which changes cause the plan to be rejected, which ones
// are accepted, and that a run creates only the replicas that the plan names.
#include "planner/review/compare_with_inventory.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tests/keyferry/support/in_process_kms.hpp"
#include "tools/keyferry/fleet/primaries_check.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>

namespace keyferry::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":)"
    R"("arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]})";

/// A fleet with two keys and two Regions. `copies`: whether policies and tags are copied.
std::string fleet_text(bool copies) {
    return std::string(
               "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n"
               "[[group]]\nname = \"g\"\nreplicate_to = [\"eu-west-1\", \"us-west-2\"]\n"
               "keys = [\"mrk-11111111111111111111111111111111\", "
               "\"mrk-22222222222222222222222222222222\"]\n") +
           (copies ? "policy = \"copy\"\ntags = \"copy\"\n" : "policy = \"default\"\n");
}

io::Region region(const char* name) {
    return io::Region::parse(name).value();
}

class OutdatedPlanTest : public testing::Test {
  protected:
    /// Plans against a KMS without replicas.
    void plan_fleet(bool copies = false) {
        planner::FleetLoad load =
            planner::load_fleet(fleet_text(copies),
                                "fleet.toml",
                                [](const std::string&) -> io::Parsed<planner::FileText> {
                                    return io::ParseProblem{"no files here"};
                                });
        plan_ = std::move(load.plan.value());
        for (const planner::PlannedKey& key : plan_.keys) {
            ASSERT_TRUE(model().add_primary_key(key.primary, seeded()));
        }
        KmsSession session({}, ProgressStyle::none);
        session.open(std::make_unique<InProcessKms>(kms_, session.clock()));
        planner::set_contents(plan_, survey_kms(plan_, {}, session).contents);
    }

    static simulator::SeededKey seeded() {
        simulator::SeededKey key;
        key.policy = kPolicy;
        key.tags = {{"team", "cards"}};
        return key;
    }

    simulator::KmsModel& model() { return kms_.model(); }
    const io::KeyArn& primary(std::size_t key = 0) const { return plan_.keys.at(key).primary; }

    /// Checks whether the plan can still run. Returns the exit code and stores the error in
    /// `error_`.
    int check() {
        KmsSession session({}, ProgressStyle::none);
        session.open(std::make_unique<InProcessKms>(kms_, session.clock()));
        Fleet fleet;
        fleet.plan = plan_;
        fleet.saved_review = planner::unsurveyed_review(plan_);
        error_.clear();
        try {
            static_cast<void>(check_primaries("fleet.plan", fleet, session));
        } catch (const CommandError& error) {
            error_ = fmt::format("{}", fmt::join(error.lines(), "\n"));
            return error.exit_code();
        }
        return exit_done;
    }

    /// Runs the plan; expects that it creates only the replicas that the plan names.
    engine::Progress run() {
        const Rehearsal rehearsal = rehearse(plan_, kms_, 1);
        std::uint64_t named = 0;
        for (const planner::Job& job : plan_.jobs) {
            const io::KeyArn arn = planner::replica_arn(plan_, job);
            named += kms_.ledger().effects(arn.key_id.text(), arn.region.name());
        }
        EXPECT_EQ(kms_.ledger().effects(simulator::EffectKind::replica_created), named);
        return rehearsal.progress;
    }

    void expect_refusal(const std::string& why) {
        EXPECT_EQ(check(), exit_changes);
        EXPECT_THAT(error_,
                    AllOf(HasSubstr(primary().text()),
                          HasSubstr(why),
                          HasSubstr("fleet.plan is out of date"),
                          HasSubstr("nothing was done")));
    }

    planner::Plan plan_;
    simulator::SimulatedKms kms_{simulator::SimulatorSettings{}};
    std::string error_;
};

TEST_F(OutdatedPlanTest, runs_if_nothing_changed) {
    plan_fleet();
    EXPECT_EQ(check(), exit_done);
    EXPECT_THAT(error_, IsEmpty());
    EXPECT_EQ(run().ended.of(engine::Attribution::created), 4U);
}

TEST_F(OutdatedPlanTest, runs_and_finds_existing_replica) {
    plan_fleet();
    ASSERT_TRUE(model().add_replica(primary(), region("eu-west-1")));
    EXPECT_EQ(check(), exit_done);
    const engine::Progress progress = run();
    EXPECT_EQ(progress.ended.of(engine::Attribution::created), 3U);
    EXPECT_EQ(progress.ended.of(engine::Attribution::existed), 1U);
}

TEST_F(OutdatedPlanTest, refuses_disabled_primary) {
    plan_fleet();
    ASSERT_TRUE(model().set_state(primary(), io::KeyState::disabled));
    expect_refusal("primary disabled");
}

TEST_F(OutdatedPlanTest, refuses_primary_pending_deletion) {
    plan_fleet();
    ASSERT_TRUE(model().set_state(primary(), io::KeyState::pending_deletion));
    expect_refusal("primary pending deletion");
}

TEST_F(OutdatedPlanTest, refuses_deleted_primary) {
    plan_fleet();
    ASSERT_TRUE(model().remove_key(primary()));
    expect_refusal("primary absent");
}

TEST_F(OutdatedPlanTest, refuses_moved_primary_and_names_its_region) {
    plan_fleet();
    ASSERT_TRUE(model().add_replica(primary(), region("eu-west-1")));
    ASSERT_TRUE(model().move_primary(primary(), region("eu-west-1")));
    expect_refusal("to eu-west-1");
}

TEST_F(OutdatedPlanTest, refuses_primary_pending_import) {
    plan_fleet();
    ASSERT_TRUE(model().set_state(primary(), io::KeyState::pending_import));
    expect_refusal("primary pending import");
}

TEST_F(OutdatedPlanTest, reports_replica_pending_deletion_as_unusable) {
    plan_fleet();
    ASSERT_TRUE(model().add_replica(primary(), region("eu-west-1")));
    // After the times of both the check, which uses the real clock, and of the run.
    constexpr io::WallTime kDeletion{std::chrono::seconds{4'000'000'000}};
    ASSERT_TRUE(model().set_state(
        primary().in(region("eu-west-1")), io::KeyState::pending_deletion, kDeletion));
    EXPECT_EQ(check(), exit_done);
    const engine::Progress progress = run();
    EXPECT_EQ(progress.ended.of(engine::Attribution::created), 3U);
    EXPECT_EQ(progress.ended.of(engine::JobPhase::unusable), 1U);
}

TEST_F(OutdatedPlanTest, reports_disabled_replica_as_unusable) {
    plan_fleet();
    ASSERT_TRUE(model().add_replica(primary(), region("us-west-2")));
    ASSERT_TRUE(model().set_state(primary().in(region("us-west-2")), io::KeyState::disabled));
    EXPECT_EQ(check(), exit_done);
    EXPECT_EQ(run().ended.of(engine::JobPhase::unusable), 1U);
}

TEST_F(OutdatedPlanTest, ignores_replica_in_unnamed_region) {
    plan_fleet();
    ASSERT_TRUE(model().add_replica(primary(), region("sa-east-1")));
    EXPECT_EQ(check(), exit_done);
    EXPECT_EQ(run().ended.of(engine::Attribution::created), 4U);
    EXPECT_EQ(model().view(primary().in(region("sa-east-1")), io::Moment::max())->state,
              io::KeyState::enabled);
}

TEST_F(OutdatedPlanTest, ignores_changed_tags_and_policies_that_are_not_copied) {
    plan_fleet();
    ASSERT_TRUE(model().set_tags(primary(), {{"team", "other"}}));
    ASSERT_TRUE(model().set_policy(primary(), ""));
    EXPECT_EQ(check(), exit_done);
    EXPECT_EQ(run().ended.of(engine::Attribution::created), 4U);
}

TEST_F(OutdatedPlanTest, refuses_changed_tags_that_are_copied) {
    plan_fleet(true);
    EXPECT_EQ(check(), exit_done);
    ASSERT_TRUE(model().set_tags(primary(), {{"team", "other"}}));
    expect_refusal("tags changed");
}

TEST_F(OutdatedPlanTest, refuses_changed_policy_that_is_copied) {
    plan_fleet(true);
    ASSERT_TRUE(model().set_policy(primary(), ""));
    expect_refusal("policy changed");
}

}  // namespace
}  // namespace keyferry::cli

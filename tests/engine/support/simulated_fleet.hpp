// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// Returns the plan of a spec that references no files. The test fails if the spec has diagnostics.
inline planner::Plan plan_from(const std::string& spec) {
    planner::FleetLoad load = planner::load_fleet(
        spec, "test.toml", [](const std::string&) -> io::Parsed<planner::FileText> {
            return io::ParseProblem{"no files here"};
        });
    for (const planner::Diagnostic& problem : load.problems) {
        if (!load.plan) {
            ADD_FAILURE() << planner::line_of(problem);
        }
    }
    return std::move(load.plan.value());
}

/// Returns the plan for `keys` keys in us-east-1, each replicated to all of `regions`, with KMS's
/// default quotas. `more` is spec text between [fleet] and the group.
inline planner::Plan fleet_plan(int keys,
                                const std::vector<std::string>& regions,
                                std::string_view more) {
    std::string text = R"(
[fleet]
name = "test"
account = "111122223333"
primary = "us-east-1"
)";
    text += more;
    text += "\n[[group]]\nname = \"all\"\npolicy = \"default\"\nreplicate_to = [";
    for (const std::string& region : regions) {
        text += fmt::format("\"{}\", ", region);
    }
    text += "]\nkeys = [\n";
    for (int key = 0; key < keys; ++key) {
        text += fmt::format("  \"mrk-{:032x}\",\n", key + 1);
    }
    text += "]\n";
    return plan_from(text);
}

/// Like fleet_plan(), with three Regions.
inline planner::Plan plan_of(int keys, std::string_view more = "") {
    return fleet_plan(keys, {"eu-west-1", "eu-central-1", "ap-southeast-2"}, more);
}

inline simulator::SimulatorSettings quiet() {
    simulator::SimulatorSettings settings;
    settings.model.seed = 7;
    return settings;
}

inline simulator::SimulatorSettings with_faults(std::string_view faults) {
    simulator::SimulatorSettings settings = quiet();
    settings.faults = simulator::parse_faults(faults).value();
    return settings;
}

/// Creates the plan's primary keys in the simulator.
inline void fill(simulator::SimulatedKms& kms, const planner::Plan& plan) {
    for (const planner::PlannedKey& key : plan.keys) {
        ASSERT_TRUE(kms.model().add_primary_key(key.primary));
    }
}

/// The result of a survey that found the same reason for all jobs.
inline planner::PlanReview survey_of(const planner::Plan& plan, planner::ActionReason reason) {
    planner::PlanReview review = planner::unsurveyed_review(plan);
    review.is_surveyed = true;
    for (planner::JobVerdict& verdict : review.verdicts) {
        verdict.reason = reason;
        verdict.action = planner::action_of(reason);
    }
    return review;
}

/// Checks in the ledger that each replica was created exactly once and that no other keys were
/// created.
inline void expect_each_replica_once(const simulator::SimulatedKms& kms,
                                     const planner::Plan& plan) {
    for (const planner::Job& job : plan.jobs) {
        const io::KeyArn arn = planner::replica_arn(plan, job);
        EXPECT_EQ(kms.ledger().effects(arn.key_id.text(), arn.region.name()), 1U) << arn.text();
    }
    EXPECT_EQ(kms.ledger().effects(simulator::EffectKind::replica_created), plan.jobs.size());
}

}  // namespace keyferry::engine

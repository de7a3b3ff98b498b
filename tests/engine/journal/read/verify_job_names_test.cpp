// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/verify_job_names.hpp"

#include "tests/engine/support/example_journal.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::engine {
namespace {

class VerifyJobNames : public testing::Test {
  protected:
    VerifyJobNames() {
        plan.keys.push_back(planner::PlannedKey{example_key(), 0});
        plan.regions = {example_region(0)};
        plan.jobs = {planner::Job{0, 0}};
        record.event = JournalEvent::done;
        record.key = key;
        record.region = "eu-west-1";
    }

    planner::Plan plan;
    const std::string key = example_key().text();
    JournalJobRecord record;
};

TEST_F(VerifyJobNames, accepts_the_key_and_region_of_the_plan) {
    EXPECT_TRUE(is_named_as_planned(plan, record));
}

TEST_F(VerifyJobNames, rejects_a_job_that_the_plan_does_not_have) {
    record.job = 1;
    EXPECT_FALSE(is_named_as_planned(plan, record));
    EXPECT_THAT(name_mismatch_text(plan, record), testing::HasSubstr("not in the plan"));
}

TEST_F(VerifyJobNames, rejects_another_region) {
    record.region = "eu-west-2";
    EXPECT_FALSE(is_named_as_planned(plan, record));
    EXPECT_THAT(name_mismatch_text(plan, record), testing::HasSubstr("eu-west-2, but in the plan"));
}

TEST_F(VerifyJobNames, rejects_another_action_in_the_place_of_the_replica) {
    record.action = io::KmsApi::tag_resource;
    EXPECT_FALSE(is_named_as_planned(plan, record))
        << "the action's `done` says nothing about the replica";
    EXPECT_THAT(name_mismatch_text(plan, record),
                testing::HasSubstr("for TagResource, but in the plan it is for ReplicateKey"));
}

}  // namespace
}  // namespace keyferry::engine

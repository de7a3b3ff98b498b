// SPDX-License-Identifier: Apache-2.0
// The statuses of the replicas that a spec defines, and the verdict on a fleet.
#include "planner/summary/replica_check.hpp"

#include "planner/review/compare_with_inventory.hpp"
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

/// One primary in us-east-1 with a replica in eu-west-1 whose known properties are these.
class CheckedReplica : public testing::Test {
  protected:
    explicit CheckedReplica(const std::string& group_lines = kPolicyLine +
                                                             "description = \"ours\"\n") {
        set_spec(group_lines);
    }

    void set_spec(const std::string& group_lines) {
        plan = plan_of(group_with(group_lines));
        inventory = Inventory();
        inventory.regions = {"us-east-1", "eu-west-1"};
        inventory.keys.resize(1);
        primary().lookup = LookupStatus::found;
        primary().state = io::KeyState::enabled;
        primary().is_multi_region = true;
        primary().primary_region = 0;
        primary().related = {{1, LookupStatus::found, io::KeyState::enabled, 0}};
        inventory.replicas[0].content.description = "ours";
    }

    InventoryKey& primary() { return inventory.keys.at(0); }
    InventoryReplica& replica() { return primary().related.at(0); }

    ReviewedPlan reviewed() const { return {plan, compare_with_inventory(plan, inventory)}; }

    ReplicaStatus status() const { return check_replicas(reviewed(), inventory).at(0); }

    ReplicaStatus status_in(io::KeyState state) {
        replica().state = state;
        return status();
    }

    CheckVerdict verdict(UncheckedKeyCounts unchecked = {}) const {
        return summarize_check(reviewed(), check_replicas(reviewed(), inventory), unchecked)
            .verdict();
    }

    Plan plan;
    Inventory inventory;
};

TEST_F(CheckedReplica, is_as_specified_only_if_enabled) {
    EXPECT_EQ(status(), ReplicaStatus::as_specified);
    EXPECT_EQ(verdict(), CheckVerdict::complete);
    for (const auto& [state, expected] :
         {std::pair(io::KeyState::creating, ReplicaStatus::creating),
          {io::KeyState::updating, ReplicaStatus::updating},
          {io::KeyState::disabled, ReplicaStatus::unusable},
          {io::KeyState::pending_deletion, ReplicaStatus::unusable},
          {io::KeyState::pending_replica_deletion, ReplicaStatus::unusable},
          {io::KeyState::pending_import, ReplicaStatus::unusable},
          {io::KeyState::unavailable, ReplicaStatus::unusable},
          {io::KeyState::other, ReplicaStatus::unusable}}) {
        EXPECT_EQ(status_in(state), expected) << name_of(expected);
        EXPECT_EQ(verdict(), CheckVerdict::gaps) << name_of(expected);
    }
}

TEST_F(CheckedReplica, is_missing_or_blocked_if_primary_does_not_list_it) {
    primary().related.clear();
    EXPECT_EQ(status(), ReplicaStatus::missing);
    primary().state = io::KeyState::disabled;
    EXPECT_EQ(status(), ReplicaStatus::blocked);
    primary().lookup = LookupStatus::absent;
    EXPECT_EQ(status(), ReplicaStatus::blocked);
    EXPECT_EQ(verdict(), CheckVerdict::gaps);
}

TEST_F(CheckedReplica, is_not_checked_if_a_lookup_failed) {
    replica().lookup = LookupStatus::denied;
    EXPECT_EQ(status(), ReplicaStatus::denied);
    EXPECT_EQ(verdict(), CheckVerdict::denied);
    replica().lookup = LookupStatus::no_response;
    EXPECT_EQ(status(), ReplicaStatus::no_response);
    EXPECT_EQ(verdict(), CheckVerdict::no_response);
    primary().related.clear();
    primary().lookup = LookupStatus::denied;
    EXPECT_EQ(status(), ReplicaStatus::denied);
    primary().lookup = LookupStatus::no_response;
    EXPECT_EQ(status(), ReplicaStatus::no_response);
}

TEST_F(CheckedReplica, differs_if_a_property_differs) {
    inventory.replicas[0].content.description = "theirs";
    EXPECT_EQ(status(), ReplicaStatus::differs);
    inventory.replicas[0].worst = LookupStatus::denied;
    EXPECT_EQ(status(), ReplicaStatus::differs) << "a difference is certain";
}

TEST_F(CheckedReplica, is_not_checked_if_it_was_not_compared_completely) {
    inventory.replicas[0].worst = LookupStatus::denied;
    EXPECT_EQ(status(), ReplicaStatus::denied);
    inventory.replicas[0].worst = LookupStatus::no_response;
    EXPECT_EQ(status(), ReplicaStatus::no_response);
    inventory.replicas[0].worst = LookupStatus::unreadable;
    EXPECT_EQ(status(), ReplicaStatus::unreadable);
    EXPECT_EQ(verdict(), CheckVerdict::gaps) << "a rerun cannot compare it either";
    inventory.replicas.clear();
    EXPECT_EQ(status(), ReplicaStatus::no_response);
}

TEST_F(CheckedReplica, is_not_checked_if_the_values_to_copy_are_unknown) {
    set_spec("policy = \"copy\"\n");
    primary().policy = LookupStatus::denied;
    EXPECT_EQ(status(), ReplicaStatus::denied);
    primary().policy = LookupStatus::no_response;
    EXPECT_EQ(status(), ReplicaStatus::no_response);
    primary().policy = LookupStatus::unreadable;
    EXPECT_EQ(status(), ReplicaStatus::unreadable);
    set_spec(kPolicyLine + "aliases = \"copy\"\n");
    primary().aliases = LookupStatus::denied;
    EXPECT_EQ(status(), ReplicaStatus::denied);
}

TEST_F(CheckedReplica, needs_no_comparison_if_the_spec_sets_nothing) {
    set_spec(kPolicyLine);
    inventory.replicas.clear();
    EXPECT_EQ(status(), ReplicaStatus::as_specified);
}

TEST_F(CheckedReplica, is_a_gap_if_the_primary_moved) {
    primary().primary_region = 1;
    EXPECT_EQ(status(), ReplicaStatus::primary_moved);
    EXPECT_EQ(status_in(io::KeyState::disabled), ReplicaStatus::unusable);
    primary().related.clear();
    EXPECT_EQ(status(), ReplicaStatus::blocked);
}

TEST_F(CheckedReplica, unchecked_keys_make_a_fleet_incomplete) {
    EXPECT_EQ(verdict({1, 0}), CheckVerdict::denied);
    EXPECT_EQ(verdict({1, 1}), CheckVerdict::no_response) << "as for jobs, a rerun comes first";
    replica().lookup = LookupStatus::denied;
    EXPECT_EQ(verdict({0, 0}), CheckVerdict::denied);
    replica().lookup = LookupStatus::found;
    replica().state = io::KeyState::disabled;
    EXPECT_EQ(verdict({1, 1}), CheckVerdict::gaps);
}

TEST_F(CheckedReplica, should_be_in_the_state_that_the_spec_sets) {
    const auto reason = [&](EnabledSpec spec, io::KeyState of_replica, io::KeyState of_primary) {
        plan.groups.at(0).parameters.enabled = spec;
        primary().state = of_primary;
        replica().state = of_replica;
        EXPECT_EQ(status() == ReplicaStatus::as_specified,
                  reviewed().review.verdicts.at(0).reason == ActionReason::ready);
        return reviewed().review.verdicts.at(0).reason;
    };
    constexpr io::KeyState kEnabled = io::KeyState::enabled;
    constexpr io::KeyState kDisabled = io::KeyState::disabled;
    EXPECT_EQ(reason(EnabledSpec::yes, kEnabled, kDisabled), ActionReason::ready);
    EXPECT_EQ(reason(EnabledSpec::yes, kDisabled, kEnabled), ActionReason::disabled);
    EXPECT_EQ(reason(EnabledSpec::no, kEnabled, kEnabled), ActionReason::enabled);
    EXPECT_EQ(reason(EnabledSpec::no, kDisabled, kEnabled), ActionReason::ready);
    EXPECT_EQ(reason(EnabledSpec::copied, kEnabled, kEnabled), ActionReason::ready);
    EXPECT_EQ(reason(EnabledSpec::copied, kEnabled, kDisabled), ActionReason::enabled);
    EXPECT_EQ(reason(EnabledSpec::copied, kDisabled, kEnabled), ActionReason::disabled);
    EXPECT_EQ(reason(EnabledSpec::copied, kDisabled, kDisabled), ActionReason::ready);
    EXPECT_EQ(reason(EnabledSpec::no, io::KeyState::pending_import, kEnabled),
              ActionReason::pending_import);
}

TEST_F(CheckedReplica, is_compared_with_the_spec_even_if_its_state_differs) {
    replica().state = io::KeyState::disabled;
    inventory.replicas[0].content.description = "theirs";
    const JobVerdict verdict = reviewed().review.verdicts.at(0);
    EXPECT_EQ(verdict.reason, ActionReason::disabled);
    EXPECT_EQ(verdict.steps, sync_enabled | sync_description);
    EXPECT_EQ(status(), ReplicaStatus::unusable);
    EXPECT_TRUE(unsynced_replicas(reviewed(), inventory, {true}).empty());
    EXPECT_EQ(unsynced_replicas(reviewed(), inventory, {false}).size(), 1U);
}

TEST_F(CheckedReplica, may_be_the_primary_if_the_primary_has_moved) {
    plan.groups.at(0).parameters.enabled = EnabledSpec::no;
    primary().primary_region = 1;
    EXPECT_EQ(reviewed().review.verdicts.at(0).steps, 0) << "sync does not disable primaries";
}

TEST_F(CheckedReplica, is_unsynced_if_anything_that_the_spec_sets_was_not_read) {
    const auto unsynced = [&] {
        const std::vector<ReplicaProblem> problems =
            unsynced_replicas(reviewed(), inventory, {false});
        return problems.empty() ? "" : status_text(problems.at(0));
    };
    EXPECT_EQ(unsynced(), "");
    replica().state = io::KeyState::pending_import;
    EXPECT_EQ(unsynced(), "unusable (pending import)");
    replica().state = io::KeyState::enabled;
    inventory.replicas[0].content.description = "theirs";
    EXPECT_EQ(unsynced(), "") << "it differs, and all parts were read";
    inventory.replicas[0].worst = LookupStatus::denied;
    EXPECT_EQ(unsynced(), "denied") << "other parts may differ, too";
    primary().related.clear();
    EXPECT_EQ(unsynced(), "") << "it does not exist";
}

TEST(ReplicaCheck, only_changes_and_unusable_replicas_need_work) {
    for (std::size_t r = 0; r < kActionReasons; ++r) {
        const auto reason = static_cast<ActionReason>(r);
        const JobAction action = action_of(reason);
        const bool is_unknown = reason == ActionReason::primary_denied ||
                                reason == ActionReason::primary_unseen ||
                                reason == ActionReason::no_credentials;
        EXPECT_EQ(needs_work(reason), action != JobAction::exists && !is_unknown)
            << name_of(reason);
    }
}

}  // namespace
}  // namespace keyferry::planner

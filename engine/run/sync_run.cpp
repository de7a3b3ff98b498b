// SPDX-License-Identifier: Apache-2.0
#include "engine/run/sync_run.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <memory>
#include <utility>
#include <variant>

namespace keyferry::engine {

namespace {

/// As spelled by KMS.
constexpr std::string_view kAlreadyExists = "AlreadyExistsException";

std::size_t number_of(planner::SyncStep step) {
    const auto* const found =
        std::find(planner::kSyncSteps.begin(), planner::kSyncSteps.end(), step);
    assert(found != planner::kSyncSteps.end());
    return static_cast<std::size_t>(found - planner::kSyncSteps.begin());
}

}  // namespace

/// A replica from its first change to its last.
struct SyncRun::Replica {
    Replica(const planner::ReplicaSync& sync_, const io::KeyArn& key)
        : sync(sync_), place(key.account, key.region), arn(key.text()) {}

    const planner::ReplicaSync& sync;
    io::AccountRegion place;
    std::string arn;
    bool has_description = false;  ///< the description change was started
    bool has_tags = false;
    bool has_policy = false;
    std::size_t aliases = 0;  ///< number of aliases started
};

SyncRun::SyncRun(const planner::Plan& plan,
                 const std::vector<planner::ReplicaSync>& syncs,
                 RepeatableCalls& calls)
    : plan_(plan), syncs_(syncs), calls_(calls) {
    for (const planner::ReplicaSync& sync : syncs) {
        counts(planner::sync_description).changes += sync.description ? 1U : 0U;
        counts(planner::sync_tags).changes += sync.tags.empty() ? 0U : 1U;
        counts(planner::sync_aliases).changes += sync.aliases.size();
        counts(planner::sync_policy).changes += sync.policy ? 1U : 0U;
    }
}

boost::asio::awaitable<void> SyncRun::run() {
    std::map<io::AccountRegion, std::vector<std::size_t>> by_place;
    for (std::size_t index = 0; index < syncs_.size(); ++index) {
        by_place[planner::replica_location(plan_, plan_.jobs.at(syncs_[index].job))].push_back(
            index);
    }
    for (auto& [place, syncs] : by_place) {
        calls_.add_source(place, [this, left = std::move(syncs), next = std::size_t{0}]() mutable {
            return next < left.size() && start(syncs_[left[next++]]);
        });
    }
    return calls_.run();
}

SyncCounts SyncRun::counts() const {
    SyncCounts all;
    for (const SyncCounts& of_step : counts_) {
        all.changes += of_step.changes;
        all.made += of_step.made;
        all.failed += of_step.failed;
        all.unknown += of_step.unknown;
    }
    return all;
}

SyncCounts SyncRun::counts_of(planner::SyncStep step) const {
    return counts_.at(number_of(step));
}

SyncCounts& SyncRun::counts(planner::SyncStep step) {
    return counts_.at(number_of(step));
}

bool SyncRun::start(const planner::ReplicaSync& sync) {
    next_change(
        std::make_shared<Replica>(sync, planner::replica_arn(plan_, plan_.jobs.at(sync.job))));
    return true;
}

void SyncRun::next_change(std::shared_ptr<Replica> replica) {
    const planner::ReplicaSync& sync = replica->sync;
    if (sync.description && !std::exchange(replica->has_description, true)) {
        io::UpdateKeyDescriptionRequest request(replica->arn, *sync.description);
        calls_.ask(replica->place,
                   std::move(request),
                   on_change_finished(replica, planner::sync_description));
        return;
    }
    if (!sync.tags.empty() && !std::exchange(replica->has_tags, true)) {
        io::TagResourceRequest request(replica->arn, sync.tags);
        calls_.ask(
            replica->place, std::move(request), on_change_finished(replica, planner::sync_tags));
        return;
    }
    if (replica->aliases < sync.aliases.size()) {
        ++replica->aliases;
        io::CreateAliasRequest request(sync.aliases[replica->aliases - 1], replica->arn);
        calls_.ask(replica->place, std::move(request), [this, replica](const auto& outcome) {
            on_alias_created(replica, outcome);
        });
        return;
    }
    if (sync.policy && !std::exchange(replica->has_policy, true)) {
        io::PutKeyPolicyRequest request(replica->arn, *sync.policy);
        request.bypass_policy_lockout_safety_check = sync.bypass_policy_lockout_safety_check;
        calls_.ask(
            replica->place, std::move(request), on_change_finished(replica, planner::sync_policy));
    }
}

RepeatableCalls::Done<io::EmptyResult> SyncRun::on_change_finished(std::shared_ptr<Replica> replica,
                                                                   planner::SyncStep step) {
    return
        [this, replica = std::move(replica), step](const FinalOutcome<io::EmptyResult>& outcome) {
            if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
                fail(*replica, step, *failure);
            } else {
                ++counts(step).made;
            }
            next_change(replica);
        };
}

void SyncRun::on_alias_created(std::shared_ptr<Replica> replica,
                               const FinalOutcome<io::EmptyResult>& outcome) {
    const auto* failure = std::get_if<FinalFailure>(&outcome);
    if (failure != nullptr && failure->code == kAlreadyExists) {
        describe_alias(std::move(replica), *failure);
        return;
    }
    if (failure != nullptr) {
        fail(*replica, planner::sync_aliases, *failure);
    } else {
        ++counts(planner::sync_aliases).made;
    }
    next_change(std::move(replica));
}

/// The alias exists: created by an earlier call with a lost response, by someone else, or for
/// another key. DescribeKey by the alias name determines which; ListAliases may not
/// show it yet.
void SyncRun::describe_alias(std::shared_ptr<Replica> replica, const FinalFailure& taken) {
    io::AccountRegion place = replica->place;
    io::DescribeKeyRequest request(replica->sync.aliases.at(replica->aliases - 1));
    calls_.ask(std::move(place),
               std::move(request),
               [this, replica = std::move(replica), taken](
                   const FinalOutcome<io::DescribeKeyResult>& outcome) {
                   const auto* found = std::get_if<io::DescribeKeyResult>(&outcome);
                   if (found == nullptr) {
                       // AlreadyExists, but it is unknown which key the alias belongs to.
                       FinalFailure unknown = std::get<FinalFailure>(outcome);
                       unknown.may_be_made = true;
                       fail(*replica, planner::sync_aliases, unknown);
                   } else if (replica->arn.ends_with("/" + found->key_metadata.key_id)) {
                       ++counts(planner::sync_aliases).made;
                   } else {
                       FinalFailure refused = taken;
                       refused.may_be_made = false;
                       fail(*replica, planner::sync_aliases, refused);
                       failed_.back().is_alias_taken = true;
                   }
                   next_change(replica);
               });
}

void SyncRun::fail(const Replica& replica, planner::SyncStep step, const FinalFailure& failure) {
    ++(failure.may_be_made ? counts(step).unknown : counts(step).failed);
    FailedChange change;
    change.job = replica.sync.job;
    change.step = step;
    change.failure = failure;
    if (step == planner::sync_aliases) {
        change.alias = replica.sync.aliases.at(replica.aliases - 1);
    }
    failed_.push_back(std::move(change));
}

}  // namespace keyferry::engine

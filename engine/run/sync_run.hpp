// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/review/replica_sync.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::engine {

/// A change of a replica that could not be made, or of which it is not known whether it was.
struct FailedChange {
    planner::JobIndex job = 0;
    planner::SyncStep step = planner::sync_policy;
    std::string alias;  ///< its name, where the change is to make one
    FinalFailure failure;
    /// The alias names another key in that Region. A sync moves none: whoever uses it would find
    /// another key behind it.
    bool is_alias_taken = false;
};

struct SyncCounts {
    std::uint64_t changes = 0;  ///< that were meant
    std::uint64_t made = 0;
    std::uint64_t failed = 0;   ///< and were not made
    std::uint64_t unknown = 0;  ///< that were asked for, and may have been made or not

    [[nodiscard]] std::uint64_t not_tried() const noexcept {
        return changes - made - failed - unknown;
    }
};

/// Makes replicas what the plan says of them: UpdateKeyDescription, TagResource, CreateAlias and
/// PutKeyPolicy in their own Regions, one after the other for each replica, many replicas at a
/// time. The policy comes last, since it may be what allows the caller the others. What cannot be
/// changed is told and stops nothing else.
class SyncRun {
  public:
    /// All must outlive this; `calls` is used by nothing else meanwhile.
    SyncRun(const planner::Plan& plan,
            const std::vector<planner::ReplicaSync>& syncs,
            RepeatableCalls& calls);
    SyncRun(const SyncRun&) = delete;
    SyncRun& operator=(const SyncRun&) = delete;

    /// Until every change is made or cannot be; see RepeatableCalls::refusal and was_stopped, after
    /// which some have not been tried: counts() tells.
    boost::asio::awaitable<void> run();

    [[nodiscard]] SyncCounts counts() const;  ///< of all steps
    [[nodiscard]] SyncCounts counts_of(planner::SyncStep step) const;
    [[nodiscard]] const std::vector<FailedChange>& failed() const noexcept { return failed_; }

  private:
    struct Replica;

    bool start_more();
    void next_change(std::shared_ptr<Replica> replica);
    bool next_alias(std::shared_ptr<Replica> replica);
    void heard_alias(std::shared_ptr<Replica> replica,
                     const FinalOutcome<io::EmptyResult>& outcome);
    void look_whose_alias(std::shared_ptr<Replica> replica, const FinalFailure& taken);
    void fail(const Replica& replica, planner::SyncStep step, const FinalFailure& failure);
    SyncCounts& counts(planner::SyncStep step);
    RepeatableCalls::Done<io::EmptyResult> when_made(std::shared_ptr<Replica> replica,
                                                     planner::SyncStep step);

    const planner::Plan& plan_;
    const std::vector<planner::ReplicaSync>& syncs_;
    RepeatableCalls& calls_;
    std::size_t next_ = 0;
    std::array<SyncCounts, planner::kSyncSteps.size()> counts_{};
    std::vector<FailedChange> failed_;
};

}  // namespace keyferry::engine

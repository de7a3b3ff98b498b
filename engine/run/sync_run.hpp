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

/// A change of a replica that failed or whose outcome is unknown.
struct FailedChange {
    planner::JobIndex job = 0;
    planner::SyncStep step = planner::sync_policy;
    std::string alias;  ///< the alias name, if the change creates an alias
    FinalFailure failure;
    /// The alias belongs to another key in that Region. Sync never moves an alias, because its
    /// users would then get a different key.
    bool is_alias_taken = false;
};

struct SyncCounts {
    std::uint64_t changes = 0;  ///< planned changes
    std::uint64_t made = 0;
    std::uint64_t failed = 0;   ///< and not applied
    std::uint64_t unknown = 0;  ///< sent, with unknown outcome

    [[nodiscard]] std::uint64_t not_tried() const noexcept {
        return changes - made - failed - unknown;
    }
};

/// Brings replicas in line with the plan: UpdateKeyDescription, TagResource, CreateAlias and
/// PutKeyPolicy in their own Regions, sequentially per replica, many replicas concurrently. The
/// policy comes last, since the current policy may be what allows the other calls. A failed change
/// is reported and does not stop the others.
class SyncRun {
  public:
    /// All arguments must outlive this; `calls` must not be used elsewhere meanwhile.
    SyncRun(const planner::Plan& plan,
            const std::vector<planner::ReplicaSync>& syncs,
            RepeatableCalls& calls);
    SyncRun(const SyncRun&) = delete;
    SyncRun& operator=(const SyncRun&) = delete;

    /// Completes when every change is applied or has failed. Ends early after
    /// RepeatableCalls::refusal or was_stopped; counts() then includes changes that were not tried.
    boost::asio::awaitable<void> run();

    [[nodiscard]] SyncCounts counts() const;  ///< of all steps
    [[nodiscard]] SyncCounts counts_of(planner::SyncStep step) const;
    [[nodiscard]] const std::vector<FailedChange>& failed() const noexcept { return failed_; }

  private:
    struct Replica;

    bool start(const planner::ReplicaSync& sync);
    void next_change(std::shared_ptr<Replica> replica);
    void on_alias_created(std::shared_ptr<Replica> replica,
                          const FinalOutcome<io::EmptyResult>& outcome);
    void describe_alias(std::shared_ptr<Replica> replica, const FinalFailure& taken);
    void fail(const Replica& replica, planner::SyncStep step, const FinalFailure& failure);
    SyncCounts& counts(planner::SyncStep step);
    RepeatableCalls::Done<io::EmptyResult> on_change_finished(std::shared_ptr<Replica> replica,
                                                              planner::SyncStep step);

    const planner::Plan& plan_;
    const std::vector<planner::ReplicaSync>& syncs_;
    RepeatableCalls& calls_;
    std::array<SyncCounts, planner::kSyncSteps.size()> counts_{};
    std::vector<FailedChange> failed_;
};

}  // namespace keyferry::engine

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/review/replica_change.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// A property of a replica that syncs have changed or may have changed.
struct ChangedProperty {
    ChangedProperty(SyncStep part_, std::string name_) : part(part_), name(std::move(name_)) {}

    SyncStep part;
    std::string name;  ///< the tag's key or the alias's name; otherwise empty
    /// The value before the first of the syncs. Null: the replica did not have the tag or alias.
    /// The value of an alias is "".
    SharedText before;
    std::vector<SharedText> set;  ///< the values that the syncs set, oldest first; null: removed
    /// The recorded values are contradictory, so it is unknown which value is the oldest. Either
    /// there is no order of the syncs in which each one replaces a value that the previous one set
    /// or replaced, or there are several such orders, which begin with different values.
    bool is_contradictory = false;
};

/// A replica that syncs have changed or may have changed.
struct ChangedReplica {
    explicit ChangedReplica(io::KeyArn replica_) : replica(std::move(replica_)) {}

    io::KeyArn replica;
    std::vector<ChangedProperty> properties;
    std::optional<bool> bypass_policy_lockout_safety_check;  ///< the value that was used in the
                                                             ///< last change of its policy

    /// Returns the SyncStep bits of the properties.
    [[nodiscard]] std::uint8_t parts() const noexcept;
};

/// Returns the replicas and properties that `changes` affect, limited to `parts` (SyncStep bits).
/// `changes` contains the changes of the syncs to undo that were made or may have been made, oldest
/// first. If the values of a property are consistent only in another order, that order is used,
/// because a clock that was set back makes syncs look older than they are.
[[nodiscard]] std::vector<ChangedReplica> changed_replicas(
    const std::vector<ReplicaChange>& changes, std::uint8_t parts);

/// The current values of those properties of a ChangedReplica that could be read.
struct ReplicaNow {
    LookupStatus description = LookupStatus::not_requested;
    LookupStatus policy = LookupStatus::not_requested;
    LookupStatus tags = LookupStatus::not_requested;
    LookupStatus aliases = LookupStatus::not_requested;
    LookupStatus enabled = LookupStatus::not_requested;  ///< of `state`
    KeyContent content;                                  ///< the parts that were found
    io::KeyState state = io::KeyState::other;
    std::vector<std::string> alias_names;  ///< sorted
    /// The key has become the primary, whose values an undo does not change. Nothing else was read.
    bool is_primary = false;
};

/// A property that an undo does not restore.
struct SkippedProperty {
    SkippedProperty(io::KeyArn replica_, SyncStep part_, std::string name_, LookupStatus lookup_)
        : replica(std::move(replica_)), part(part_), name(std::move(name_)), lookup(lookup_) {}

    io::KeyArn replica;
    SyncStep part;
    std::string name;  ///< as in ChangedProperty
    /// `found`: the current value is neither a value that the syncs set nor the one before them, so
    /// it has been changed since. Any other status is the reason why the current value is unknown.
    LookupStatus lookup;
    bool is_primary = false;        ///< as in ReplicaNow
    bool is_contradictory = false;  ///< as in ChangedProperty
    bool is_unrecorded = false;     ///< see add_unrecorded()
};

/// The changes that an undo makes, and the properties that it skips.
struct UndoPlan {
    std::vector<ReplicaChange> changes;
    std::vector<SkippedProperty> skipped;
    std::uint64_t unchanged = 0;  ///< properties that already have the value from before the syncs
};

/// Adds to `plan` the changes that restore `replica`, given its current values. A property is
/// restored if it has a value that the syncs set; policies are compared by meaning. A replica is
/// enabled or disabled again after all other parts except the policy, which is restored last. Both
/// the current and the restored policy may forbid the other calls, but the current one was in force
/// when the sync ended, so it usually allows the same caller to undo the sync.
void add_undo(const ChangedReplica& replica,
              const ReplicaNow& now,
              SharedTexts& texts,
              UndoPlan& plan);

/// Adds to `plan`, as skipped, the properties of `replica` that have the value that a change was
/// meant to set, although the journal does not record that the change was sent. `replica` contains
/// changes from a journal without an `end` record (RecordedChanges::unrecorded).
void add_unrecorded(const ChangedReplica& replica, const ReplicaNow& now, UndoPlan& plan);

/// Returns `replicas` without the properties that are also in `changed`.
[[nodiscard]] std::vector<ChangedReplica> without_changed(
    std::vector<ChangedReplica> replicas, const std::vector<ChangedReplica>& changed);

/// Returns whether the values that could be read are those that the last of the syncs set. If not,
/// either a value has been changed since, or KMS does not show the syncs' changes yet, because its
/// reads are eventually consistent.
[[nodiscard]] bool shows_syncs(const ChangedReplica& replica, const ReplicaNow& now);

/// Returns why a property is skipped: "changed since by another caller or a later sync", ...
[[nodiscard]] std::string_view reason_text(const SkippedProperty& skipped) noexcept;

}  // namespace keyferry::planner

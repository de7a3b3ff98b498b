// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "io/names/key_arn.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/review/replica_change.hpp"
#include "tests/soak/world.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace keyferry::soak {

/// The value of a key's property; null if the key does not have the tag or alias. The value of an
/// existing alias is "". The value of a policy is the result of policy_meaning().
using PropertyValue = std::optional<std::string>;

/// Sets a property of a key to a value.
struct PropertyChange {
    io::KeyArn key;
    planner::SyncStep part;
    std::string name;  ///< the tag's key or the alias's name; otherwise empty
    PropertyValue value;
};

/// Splits a change of a replica into changes of properties. `before` contains the previous values
/// according to the change's record.
[[nodiscard]] std::vector<PropertyChange> property_changes(const planner::ReplicaChange& change,
                                                           bool before = false);

/// The actual policies, descriptions, tags, aliases and key states of a plan's keys, and who set
/// which value.
/// Derived from the requests that took effect and not from any journal.
class Contents {
  public:
    /// `plan` is the plan to sync. With `enables_all`, a sync enables Disabled replicas even if the
    /// spec does not set `enabled`. `world` and `plan` must outlive this.
    Contents(World& world, const planner::Plan& plan, bool enables_all);

    /// Records a change by another caller, and applies it in KMS.
    void change_by_others(const PropertyChange& change, io::Moment now);
    /// Records the current values as those from before the syncs.
    void begin_syncs();
    /// Records that the program now starts to restore values.
    void begin_undo() noexcept { is_undo_ = true; }
    /// Records that a request of the program took effect. Checks that the request may set this
    /// value. The program read the previous value at `read_from` or later. KMS has no conditional
    /// writes, so the program cannot notice a change that another caller makes between this read
    /// and the request.
    void note_effect(const planner::ReplicaChange& change, io::Moment read_from, io::Moment now);

    /// Records that the journal of a sync or undo contains this change.
    void note_planned(const PropertyChange& change);

    [[nodiscard]] PropertyValue value(const PropertyChange& property) const;
    /// Whether the replica currently has all values that `change` sets.
    [[nodiscard]] bool is_in_force(const planner::ReplicaChange& change) const;
    /// Whether another caller has changed one of the properties in `change` at `moment` or later.
    [[nodiscard]] bool was_changed_by_others(const planner::ReplicaChange& change,
                                             io::Moment moment) const;
    /// Whether the property has had this value at any time since the start of the syncs.
    [[nodiscard]] bool was_value(const PropertyChange& property) const;

    /// The differences from the spec that a sync can remove. `is_excluded` selects replicas whose
    /// differences do not count.
    using Excluded = std::function<bool(const io::KeyArn& replica)>;
    [[nodiscard]] std::vector<std::string> differences(const Excluded& is_excluded) const;
    /// The properties that an undo has not restored, or that it should not have changed. If a clock
    /// was set, excludes key states that several syncs have changed: they alternate between two
    /// values, so they do not show in which order the syncs were made.
    [[nodiscard]] std::vector<std::string> not_undone(const Excluded& is_excluded,
                                                      bool is_clock_right) const;
    /// Whether the syncs and other callers have changed this property alternately. In that case, it
    /// is undefined which value an undo restores.
    [[nodiscard]] bool is_contested(const PropertyChange& property) const;
    /// Whether another caller has changed the property since the start of the syncs.
    [[nodiscard]] bool was_changed_by_others(const PropertyChange& property) const;
    /// Whether another caller has set the current value.
    [[nodiscard]] bool is_of_others(const PropertyChange& property) const;
    /// Compares the values recorded here with those in KMS.
    void check_against_kms(io::Moment now) const;

    /// The replicas of the plan that can be synced.
    [[nodiscard]] bool is_usable(const io::KeyArn& replica) const;

  private:
    struct Property {
        PropertyValue start;  ///< before the syncs
        PropertyValue value;
        std::vector<PropertyValue> history;  ///< from `start` on
        std::vector<PropertyValue> synced;   ///< the values that syncs have set or planned to set
        std::optional<io::Moment>
            changed_by_others;  ///< the latest such time since the start of the syncs
        /// Another caller set the current value, and the syncs have not set the same value. (An
        /// undo cannot tell a key that another caller has disabled from one that a sync has
        /// disabled.)
        bool is_of_others = false;
        bool is_synced = false;  ///< the program has set it
        bool is_contested = false;
    };
    using PropertyId = std::tuple<std::string, planner::SyncStep, std::string>;

    void read(const io::KeyArn& key);
    Property& property(const PropertyChange& change);
    const Property* find(const PropertyChange& change) const;
    void set(Property& property, PropertyValue value);
    void apply(const PropertyChange& change);
    /// The values that the spec sets for the replica.
    std::vector<PropertyChange> wanted(const planner::Job& job) const;
    bool was_wanted(const PropertyChange& change) const;
    void add_copied(const io::KeyArn& primary,
                    planner::SyncStep part,
                    const io::KeyArn& replica,
                    std::vector<PropertyChange>& wanted) const;

    World& world_;
    const planner::Plan& plan_;
    bool enables_all_;
    std::map<PropertyId, Property> properties_;
    std::map<std::string, planner::JobIndex> job_of_;  ///< by the replica's ARN
    bool has_begun_ = false;
    bool is_undo_ = false;
};

}  // namespace keyferry::soak

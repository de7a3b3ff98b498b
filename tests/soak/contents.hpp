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

/// A value of a key's property: null if the key does not have the tag or alias. The value of an
/// alias is "", and that of a policy is its meaning.
using PropertyValue = std::optional<std::string>;

/// A property of a key gets a value.
struct PropertyChange {
    io::KeyArn key;
    planner::SyncStep part;
    std::string name;  ///< the tag's key or the alias's name; otherwise empty
    PropertyValue value;
};

/// Returns the property changes that a change of a replica consists of; `before`: the values that
/// it replaces, according to its record.
[[nodiscard]] std::vector<PropertyChange> property_changes(const planner::ReplicaChange& change,
                                                           bool before = false);

/// The truth about the policies, descriptions, tags and aliases of the keys of a plan: who set
/// which value, from the requests that took effect and not from any journal.
class Contents {
  public:
    /// `plan`: what is synced, also to be known when the contents are checked. Both must outlive
    /// this.
    Contents(World& world, const planner::Plan& plan);

    /// Someone else changes a key, in KMS too.
    void change_by_others(const PropertyChange& change, io::Moment now);
    /// The present values are those from before the syncs.
    void begin_syncs();
    /// From now on, the program restores values.
    void begin_undo() noexcept { is_undo_ = true; }
    /// A request of the program took effect. Checks that it may set this value. The program has
    /// read the previous value at `read_from` or later; KMS has no conditional writes, so it cannot
    /// notice what others change between its read and its request.
    void note_effect(const planner::ReplicaChange& change, io::Moment read_from, io::Moment now);

    [[nodiscard]] PropertyValue value(const PropertyChange& property) const;
    /// Whether all values that `change` sets are in force.
    [[nodiscard]] bool is_in_force(const planner::ReplicaChange& change) const;
    /// Whether someone else has changed one of its properties at `moment` or later.
    [[nodiscard]] bool was_changed_by_others(const planner::ReplicaChange& change,
                                             io::Moment moment) const;
    /// Whether the property has had this value at any time since the start of the syncs.
    [[nodiscard]] bool was_value(const PropertyChange& property) const;

    /// The differences from the spec that a sync can remove; `is_excluded`: replicas whose
    /// differences do not count.
    using Excluded = std::function<bool(const io::KeyArn& replica)>;
    [[nodiscard]] std::vector<std::string> differences(const Excluded& is_excluded) const;
    /// The properties that an undo has not restored, or that it should have left alone.
    [[nodiscard]] std::vector<std::string> not_undone(const Excluded& is_excluded) const;
    /// Whether the syncs and other callers have changed this property in turn, so that it is
    /// undefined what an undo restores.
    [[nodiscard]] bool is_contested(const PropertyChange& property) const;
    /// Whether someone else has set the present value.
    [[nodiscard]] bool is_of_others(const PropertyChange& property) const;
    /// Compares what is known here with KMS.
    void check_against_kms(io::Moment now) const;

    /// The replicas of the plan that can be synced.
    [[nodiscard]] bool is_usable(const io::KeyArn& replica) const;

  private:
    struct Property {
        PropertyValue start;  ///< before the syncs
        PropertyValue value;
        std::vector<PropertyValue> history;           ///< from `start` on
        std::optional<io::Moment> changed_by_others;  ///< the last time, since the syncs began
        bool is_of_others = false;                    ///< they set the present value
        bool is_synced = false;                       ///< the program has set it
        bool is_contested = false;
    };
    using PropertyId = std::tuple<std::string, planner::SyncStep, std::string>;

    void read(const io::KeyArn& key);
    Property& property(const PropertyChange& change);
    const Property* find(const PropertyChange& change) const;
    void set(Property& property, PropertyValue value);
    void apply(const PropertyChange& change);
    /// The values that the spec sets for the replica, and those that it has set before.
    std::vector<PropertyChange> wanted(const planner::Job& job) const;
    bool was_wanted(const PropertyChange& change) const;
    void add_copied(const io::KeyArn& primary,
                    planner::SyncStep part,
                    const io::KeyArn& replica,
                    std::vector<PropertyChange>& wanted) const;

    World& world_;
    const planner::Plan& plan_;
    std::map<PropertyId, Property> properties_;
    std::map<std::string, planner::JobIndex> job_of_;  ///< by the replica's ARN
    bool has_begun_ = false;
    bool is_undo_ = false;
};

}  // namespace keyferry::soak

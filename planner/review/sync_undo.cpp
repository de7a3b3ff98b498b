// SPDX-License-Identifier: Apache-2.0
#include "planner/review/sync_undo.hpp"

#include "planner/policy/policy_meaning.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

namespace keyferry::planner {

namespace {

SharedText shared(const std::optional<std::string>& text) {
    return text ? std::make_shared<const std::string>(*text) : nullptr;
}

/// The value of an alias that belongs to the replica.
SharedText alias_value(bool exists) {
    return exists ? std::make_shared<const std::string>() : nullptr;
}

/// The values that the changes of each property replaced, in the order of ChangedProperty::set.
using ReplacedValues = std::vector<std::vector<SharedText>>;

/// Records that a change set a property from `from` to `to`.
void note(ChangedReplica& replica,
          ReplacedValues& replaced,
          SyncStep part,
          const std::string& name,
          const SharedText& from,
          const SharedText& to) {
    std::vector<ChangedProperty>& all = replica.properties;
    auto property = std::find_if(all.begin(), all.end(), [&](const ChangedProperty& each) {
        return each.part == part && each.name == name;
    });
    if (property == all.end()) {
        property = all.emplace(all.end(), part, name);
        replaced.emplace_back();
    }
    property->set.push_back(to);
    replaced[static_cast<std::size_t>(property - all.begin())].push_back(from);
}

bool is_same(SyncStep part, const SharedText& a, const SharedText& b) {
    return same_text(a, b) || (part == sync_policy && a != nullptr && b != nullptr &&
                               policy_meaning(*a) == policy_meaning(*b));
}

/// Finds the possible orders of a property's changes. In a possible order, each change replaced the
/// value that the previous change set or, if the previous change was not made, the same value as
/// that change.
class ChangeOrders {
  public:
    ChangeOrders(const ChangedProperty& property, const std::vector<SharedText>& replaced)
        : property_(property), replaced_(replaced) {}

    /// Whether `order`, which contains indices of changes, is possible.
    [[nodiscard]] bool fits(const std::vector<std::size_t>& order) const {
        for (std::size_t place = 1; place < order.size(); ++place) {
            if (!may_follow(order[place], order[place - 1])) {
                return false;
            }
        }
        return true;
    }

    /// Returns a possible order if all possible orders begin with the same replaced value. The
    /// clock may have been set back at any time, so the recorded order is not reliable.
    [[nodiscard]] std::optional<std::vector<std::size_t>> find() {
        constexpr std::size_t kChangesMax = 8;  // the number of orders is its factorial
        if (replaced_.size() > kChangesMax) {
            return std::nullopt;
        }
        is_used_.assign(replaced_.size(), false);
        extend();
        return is_ambiguous_ ? std::nullopt : found_;
    }

  private:
    [[nodiscard]] bool may_follow(std::size_t change, std::size_t previous) const {
        return is_same(property_.part, replaced_[change], property_.set[previous]) ||
               is_same(property_.part, replaced_[change], replaced_[previous]);
    }

    void extend() {
        if (order_.size() == replaced_.size()) {
            is_ambiguous_ |=
                found_ &&
                !is_same(property_.part, replaced_[found_->front()], replaced_[order_.front()]);
            found_ = found_ ? found_ : order_;
            return;
        }
        for (std::size_t change = 0; change < replaced_.size() && !is_ambiguous_; ++change) {
            if (!is_used_[change] && (order_.empty() || may_follow(change, order_.back()))) {
                is_used_[change] = true;
                order_.push_back(change);
                extend();
                order_.pop_back();
                is_used_[change] = false;
            }
        }
    }

    const ChangedProperty& property_;
    const std::vector<SharedText>& replaced_;
    std::vector<std::size_t> order_;
    std::vector<bool> is_used_;
    std::optional<std::vector<std::size_t>> found_;
    bool is_ambiguous_ = false;
};

/// Determines the value before the first change. If the syncs have alternated between two values,
/// as with a key's state, every order may be possible. The recorded order is then used, although it
/// is wrong if the clock was set back in the meantime.
void find_value_before(ChangedProperty& property, const std::vector<SharedText>& replaced) {
    property.before = replaced.front();
    std::vector<std::size_t> recorded(replaced.size());
    std::iota(recorded.begin(), recorded.end(), std::size_t{0});
    ChangeOrders orders(property, replaced);
    if (orders.fits(recorded)) {
        return;
    }
    const std::optional<std::vector<std::size_t>> order = orders.find();
    property.is_contradictory = !order;
    if (!order) {
        return;  // the last recorded change is assumed to be the latest
    }
    property.before = replaced[order->front()];
    std::vector<SharedText> set;
    for (const std::size_t change : *order) {
        set.push_back(property.set[change]);
    }
    property.set = std::move(set);
}

LookupStatus status_of(const ReplicaNow& now, SyncStep part) noexcept {
    switch (part) {
        case sync_policy:
            return now.policy;
        case sync_tags:
            return now.tags;
        case sync_description:
            return now.description;
        case sync_enabled:
            return now.enabled;
        case sync_aliases:
            break;
    }
    return now.aliases;
}

/// The current value of a property that could be read.
SharedText value_now(const ChangedProperty& property, const ReplicaNow& now) {
    switch (property.part) {
        case sync_policy:
            return now.content.policy;
        case sync_description:
            return shared(now.content.description);
        case sync_enabled:
            return std::make_shared<const std::string>(name_of(now.state));
        case sync_tags:
            for (const io::Tag& tag : now.content.tags.value_or(std::vector<io::Tag>())) {
                if (tag.key == property.name) {
                    return std::make_shared<const std::string>(tag.value);
                }
            }
            return nullptr;
        case sync_aliases:
            break;
    }
    return alias_value(
        std::binary_search(now.alias_names.begin(), now.alias_names.end(), property.name));
}

std::optional<std::string> optional_text(const SharedText& text) {
    return text ? std::optional(*text) : std::nullopt;
}

/// The changes that restore one replica, by kind: KMS changes several tags with one call.
struct Restoring {
    std::optional<ReplicaChange> description;
    std::vector<TagChange> untagged;
    std::vector<TagChange> tagged;
    std::vector<ReplicaChange> aliases;
    std::optional<ReplicaChange> state;
    std::optional<ReplicaChange> policy;
};

void restore(const ChangedReplica& replica,
             const ChangedProperty& property,
             const SharedText& now,
             SharedTexts& texts,
             Restoring& restoring) {
    if (property.part == sync_tags) {
        (property.before ? restoring.tagged : restoring.untagged)
            .emplace_back(property.name, optional_text(now), optional_text(property.before));
    } else if (property.part == sync_aliases) {
        restoring.aliases
            .emplace_back(replica.replica,
                          property.before ? io::KmsApi::create_alias : io::KmsApi::delete_alias)
            .alias = property.name;
    } else {
        const bool is_policy = property.part == sync_policy;
        const bool is_state = property.part == sync_enabled;
        const bool was_enabled =
            property.before && *property.before == name_of(io::KeyState::enabled);
        ReplicaChange change(replica.replica,
                             is_policy     ? io::KmsApi::put_key_policy
                             : !is_state   ? io::KmsApi::update_key_description
                             : was_enabled ? io::KmsApi::enable_key
                                           : io::KmsApi::disable_key);
        change.from = texts.share(now ? *now : "");
        change.to = property.before;
        if (is_policy) {
            change.bypass_policy_lockout_safety_check = replica.bypass_policy_lockout_safety_check;
        }
        (is_policy  ? restoring.policy
         : is_state ? restoring.state
                    : restoring.description) = std::move(change);
    }
}

void append(const io::KeyArn& replica, Restoring restoring, std::vector<ReplicaChange>& changes) {
    if (restoring.description) {
        changes.push_back(*std::move(restoring.description));
    }
    if (!restoring.untagged.empty()) {
        changes.emplace_back(replica, io::KmsApi::untag_resource).tags =
            std::move(restoring.untagged);
    }
    if (!restoring.tagged.empty()) {
        changes.emplace_back(replica, io::KmsApi::tag_resource).tags = std::move(restoring.tagged);
    }
    std::move(restoring.aliases.begin(), restoring.aliases.end(), std::back_inserter(changes));
    if (restoring.state) {
        changes.push_back(*std::move(restoring.state));
    }
    if (restoring.policy) {
        changes.push_back(*std::move(restoring.policy));
    }
}

}  // namespace

std::uint8_t ChangedReplica::parts() const noexcept {
    unsigned parts = 0;
    for (const ChangedProperty& property : properties) {
        parts |= property.part;
    }
    return static_cast<std::uint8_t>(parts);
}

std::vector<ChangedReplica> changed_replicas(const std::vector<ReplicaChange>& changes,
                                             std::uint8_t parts) {
    std::vector<ChangedReplica> replicas;
    std::vector<ReplacedValues> replaced;  // same order as `replicas`
    std::map<io::KeyArn, std::size_t> numbers;
    for (const ReplicaChange& change : changes) {
        const std::optional<SyncStep> part = part_changed_by(change.action);
        if (!part || (*part & parts) == 0) {
            continue;
        }
        const auto [number, is_new] = numbers.try_emplace(change.replica, replicas.size());
        if (is_new) {
            replicas.emplace_back(change.replica);
            replaced.emplace_back();
        }
        ChangedReplica& replica = replicas[number->second];
        const auto add = [&, &values = replaced[number->second]](const std::string& name,
                                                                 const SharedText& from,
                                                                 const SharedText& to) {
            note(replica, values, *part, name, from, to);
        };
        for (const TagChange& tag : change.tags) {
            add(tag.key, shared(tag.from), shared(tag.to));
        }
        if (*part == sync_aliases) {
            const bool creates = change.action == io::KmsApi::create_alias;
            add(change.alias, alias_value(!creates), alias_value(creates));
        } else if (*part != sync_tags) {
            add("", change.from, change.to);
        }
        if (*part == sync_policy) {
            replica.bypass_policy_lockout_safety_check = change.bypass_policy_lockout_safety_check;
        }
    }
    for (std::size_t index = 0; index < replicas.size(); ++index) {
        std::vector<ChangedProperty>& properties = replicas[index].properties;
        for (std::size_t property = 0; property < properties.size(); ++property) {
            find_value_before(properties[property], replaced[index][property]);
        }
    }
    return replicas;
}

void add_undo(const ChangedReplica& replica,
              const ReplicaNow& now,
              SharedTexts& texts,
              UndoPlan& plan) {
    Restoring restoring;
    for (const ChangedProperty& property : replica.properties) {
        const SyncStep part = property.part;
        if (now.is_primary) {
            plan.skipped.emplace_back(replica.replica, part, property.name, LookupStatus::found)
                .is_primary = true;
            continue;
        }
        const LookupStatus status = status_of(now, part);
        if (status != LookupStatus::found) {
            plan.skipped.emplace_back(replica.replica, part, property.name, status);
            continue;
        }
        if (property.is_contradictory) {
            plan.skipped.emplace_back(replica.replica, part, property.name, status)
                .is_contradictory = true;
            continue;
        }
        const SharedText value = value_now(property, now);
        const bool is_ours =
            std::any_of(property.set.begin(), property.set.end(), [&](const SharedText& each) {
                return is_same(part, each, value);
            });
        if (is_same(part, property.before, value)) {
            ++plan.unchanged;
        } else if (is_ours) {
            restore(replica, property, value, texts, restoring);
        } else {
            plan.skipped.emplace_back(replica.replica, part, property.name, status);
        }
    }
    append(replica.replica, std::move(restoring), plan.changes);
}

bool shows_syncs(const ChangedReplica& replica, const ReplicaNow& now) {
    return now.is_primary ||
           std::all_of(replica.properties.begin(),
                       replica.properties.end(),
                       [&](const ChangedProperty& property) {
                           return status_of(now, property.part) != LookupStatus::found ||
                                  is_same(
                                      property.part, property.set.back(), value_now(property, now));
                       });
}

void add_unrecorded(const ChangedReplica& replica, const ReplicaNow& now, UndoPlan& plan) {
    for (const ChangedProperty& property : replica.properties) {
        const LookupStatus status = status_of(now, property.part);
        if (now.is_primary || status != LookupStatus::found) {
            continue;
        }
        const SharedText value = value_now(property, now);
        if (is_same(property.part, property.set.back(), value) &&
            !is_same(property.part, property.before, value)) {
            plan.skipped.emplace_back(replica.replica, property.part, property.name, status)
                .is_unrecorded = true;
        }
    }
}

std::vector<ChangedReplica> without_changed(std::vector<ChangedReplica> replicas,
                                            const std::vector<ChangedReplica>& changed) {
    std::map<io::KeyArn, const ChangedReplica*> by_arn;
    for (const ChangedReplica& each : changed) {
        by_arn.emplace(each.replica, &each);
    }
    for (ChangedReplica& replica : replicas) {
        const auto same = by_arn.find(replica.replica);
        if (same == by_arn.end()) {
            continue;
        }
        const std::vector<ChangedProperty>& others = same->second->properties;
        std::erase_if(replica.properties, [&](const ChangedProperty& property) {
            return std::any_of(others.begin(), others.end(), [&](const ChangedProperty& other) {
                return other.part == property.part && other.name == property.name;
            });
        });
    }
    std::erase_if(replicas, [](const ChangedReplica& each) { return each.properties.empty(); });
    return replicas;
}

std::string_view reason_text(const SkippedProperty& skipped) noexcept {
    if (skipped.is_unrecorded) {
        return "it has the value that the sync was meant to set, but the journal has neither an "
               "`end` record nor a record that the change was sent: the file was truncated, or a "
               "later sync set "
               "the value";
    }
    if (skipped.is_primary) {
        return "the key is now the primary, and an undo does not change primaries";
    }
    if (skipped.is_contradictory) {
        return "the journals contradict each other: another caller changed it between the syncs, "
               "or a journal is missing";
    }
    switch (skipped.lookup) {
        case LookupStatus::found:
            return "changed since by another caller or a later sync";
        case LookupStatus::absent:
            return "the replica no longer exists";
        case LookupStatus::denied:
            return "access denied: its current value is unknown";
        case LookupStatus::no_credentials:
            return "the account's credentials were refused: its current value is unknown";
        case LookupStatus::unreadable:
            return "its current value cannot be parsed";
        case LookupStatus::not_requested:
        case LookupStatus::no_response:
            break;
    }
    return "no response from KMS: its current value is unknown";
}

}  // namespace keyferry::planner

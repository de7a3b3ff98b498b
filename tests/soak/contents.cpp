// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/contents.hpp"

#include "planner/policy/policy_meaning.hpp"
#include "planner/policy/policy_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::soak {

namespace {

std::string text_of(const PropertyValue& value) {
    return value ? '"' + *value + '"' : "none";
}

std::string name_of(const PropertyChange& property) {
    return fmt::format(
        "{} {} {}", property.key.text(), planner::name_of(property.part), property.name);
}

PropertyValue meaning(const planner::SharedText& text) {
    return text ? PropertyValue(planner::policy_meaning(*text)) : std::nullopt;
}

PropertyValue optional_of(const planner::SharedText& text) {
    return text ? PropertyValue(*text) : std::nullopt;
}

}  // namespace

std::vector<PropertyChange> property_changes(const planner::ReplicaChange& change, bool before) {
    std::vector<PropertyChange> all;
    const planner::SyncStep part = planner::part_changed_by(change.action).value();
    const planner::SharedText& text = before ? change.from : change.to;
    switch (part) {
        case planner::sync_policy:
            all.push_back(PropertyChange{change.replica, part, "", meaning(text)});
            break;
        case planner::sync_description:
        case planner::sync_enabled:
            all.push_back(PropertyChange{change.replica, part, "", optional_of(text)});
            break;
        case planner::sync_tags:
            for (const planner::TagChange& tag : change.tags) {
                all.push_back(
                    PropertyChange{change.replica, part, tag.key, before ? tag.from : tag.to});
            }
            break;
        case planner::sync_aliases: {
            const bool exists = (change.action == io::KmsApi::create_alias) != before;
            all.push_back(PropertyChange{
                change.replica, part, change.alias, exists ? PropertyValue("") : std::nullopt});
            break;
        }
    }
    return all;
}

Contents::Contents(World& world, const planner::Plan& plan, bool enables_all)
    : world_(world), plan_(plan), enables_all_(enables_all) {
    for (const planner::PlannedKey& key : plan.keys) {
        read(key.primary);
    }
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const io::KeyArn replica = planner::replica_arn(plan, plan.jobs[job]);
        job_of_.emplace(replica.text(), job);
        read(replica);
    }
}

/// Reads the values of a key. No other caller may have changed the key yet, so it has no aliases.
void Contents::read(const io::KeyArn& key) {
    const auto view = world_.kms().model().view(key, io::Moment::max());
    if (!view) {
        return;
    }
    const auto known = [&](planner::SyncStep part, const std::string& name, std::string value) {
        set(property(PropertyChange{key, part, name, std::nullopt}), std::move(value));
    };
    known(planner::sync_policy, "", planner::policy_meaning(view->policy));
    known(planner::sync_description, "", view->description);
    if (is_usable(key)) {
        known(planner::sync_enabled, "", std::string(name_of(view->state)));
    }
    for (const io::Tag& tag : view->tags) {
        known(planner::sync_tags, tag.key, tag.value);
    }
}

Contents::Property& Contents::property(const PropertyChange& change) {
    return properties_[PropertyId(change.key.text(), change.part, change.name)];
}

const Contents::Property* Contents::find(const PropertyChange& change) const {
    const auto found = properties_.find(PropertyId(change.key.text(), change.part, change.name));
    return found == properties_.end() ? nullptr : &found->second;
}

void Contents::set(Property& property, PropertyValue value) {
    property.value = value;
    if (!has_begun_) {
        property.start = value;
        property.history.clear();
    }
    property.history.push_back(std::move(value));
}

void Contents::begin_syncs() {
    has_begun_ = true;
}

void Contents::change_by_others(const PropertyChange& change, io::Moment now) {
    const bool is_state = change.part == planner::sync_enabled;
    if (is_state ? !is_usable(change.key) : !world_.kms().model().view(change.key, now)) {
        return;
    }
    apply(change);
    Property& property = this->property(change);
    const bool is_policy = change.part == planner::sync_policy;
    set(property,
        is_policy ? PropertyValue(planner::policy_meaning(change.value.value())) : change.value);
    if (has_begun_) {
        property.changed_by_others = now;
        property.is_of_others =
            std::find(property.synced.begin(), property.synced.end(), property.value) ==
            property.synced.end();
        // The value that an undo restores is undefined if another caller changes the property
        // between the syncs.
        property.is_contested |= !is_undo_;
    }
}

void Contents::apply(const PropertyChange& change) {
    simulator::KmsModel& model = world_.kms().model();
    switch (change.part) {
        case planner::sync_policy:
            model.set_policy(change.key, change.value.value());
            return;
        case planner::sync_description:
            model.set_description(change.key, change.value.value());
            return;
        case planner::sync_enabled:
            model.set_state(change.key,
                            change.value == name_of(io::KeyState::enabled)
                                ? io::KeyState::enabled
                                : io::KeyState::disabled);
            return;
        case planner::sync_tags: {
            std::vector<io::Tag> tags = model.view(change.key, io::Moment::max())->tags;
            std::erase_if(tags, [&](const io::Tag& tag) { return tag.key == change.name; });
            if (change.value) {
                tags.emplace_back(change.name, *change.value);
            }
            model.set_tags(change.key, tags);
            return;
        }
        case planner::sync_aliases:
            model.add_alias(
                io::AccountRegion(change.key.account, change.key.region), change.name, change.key);
            return;
    }
}

void Contents::note_effect(const planner::ReplicaChange& change,
                           io::Moment read_from,
                           io::Moment now) {
    for (const PropertyChange& each : property_changes(change)) {
        Property& property = this->property(each);
        if (is_undo_ && property.is_of_others && *property.changed_by_others < read_from) {
            world_.violated(
                now,
                fmt::format("the undo sets {} to {}, which another caller has set to {}",
                            name_of(each),
                            text_of(each.value),
                            text_of(property.value)));
        } else if (is_undo_ ? !was_value(each) : !was_wanted(each)) {
            world_.violated(now,
                            fmt::format("{} is set to {}, which {}",
                                        name_of(each),
                                        text_of(each.value),
                                        is_undo_ ? "it never had" : "the spec never set"));
        }
        set(property, each.value);
        property.is_contested |= property.is_of_others && !is_undo_;
        property.is_of_others = false;
        property.is_synced |= !is_undo_;
    }
}

void Contents::note_planned(const PropertyChange& change) {
    if (!is_undo_) {
        property(change).synced.push_back(change.value);
    }
}

PropertyValue Contents::value(const PropertyChange& property) const {
    const Property* found = find(property);
    return found == nullptr ? std::nullopt : found->value;
}

bool Contents::is_in_force(const planner::ReplicaChange& change) const {
    const std::vector<PropertyChange> all = property_changes(change);
    return std::all_of(all.begin(), all.end(), [this](const PropertyChange& each) {
        return value(each) == each.value;
    });
}

bool Contents::was_changed_by_others(const planner::ReplicaChange& change,
                                     io::Moment moment) const {
    const std::vector<PropertyChange> all = property_changes(change);
    return std::any_of(all.begin(), all.end(), [&](const PropertyChange& each) {
        const Property* found = find(each);
        return found != nullptr && found->changed_by_others && *found->changed_by_others >= moment;
    });
}

bool Contents::was_value(const PropertyChange& property) const {
    const Property* found = find(property);
    if (found == nullptr) {
        return !property.value;
    }
    return found->start == property.value ||
           std::find(found->history.begin(), found->history.end(), property.value) !=
               found->history.end();
}

bool Contents::was_changed_by_others(const PropertyChange& property) const {
    const Property* found = find(property);
    return found != nullptr && found->changed_by_others.has_value();
}

bool Contents::is_of_others(const PropertyChange& property) const {
    const Property* found = find(property);
    return found != nullptr && found->is_of_others;
}

bool Contents::is_contested(const PropertyChange& property) const {
    const Property* found = find(property);
    return found != nullptr && found->is_contested;
}

void Contents::add_copied(const io::KeyArn& primary,
                          planner::SyncStep part,
                          const io::KeyArn& replica,
                          std::vector<PropertyChange>& wanted) const {
    for (auto at = properties_.lower_bound(PropertyId(primary.text(), part, ""));
         at != properties_.end() && std::get<0>(at->first) == primary.text() &&
         std::get<1>(at->first) == part;
         ++at) {
        if (at->second.value) {
            wanted.push_back(
                PropertyChange{replica, part, std::get<2>(at->first), at->second.value});
        }
    }
}

std::vector<PropertyChange> Contents::wanted(const planner::Job& job) const {
    const planner::ReplicaParameters& spec = plan_.groups[plan_.keys[job.key].group].parameters;
    const io::KeyArn& primary = plan_.keys[job.key].primary;
    const io::KeyArn replica = planner::replica_arn(plan_, job);
    std::vector<PropertyChange> wanted;
    for (const auto& [is_copied, part] :
         {std::pair(spec.copied.policy, planner::sync_policy),
          std::pair(spec.copied.description, planner::sync_description),
          std::pair(spec.copied.tags, planner::sync_tags),
          std::pair(spec.aliases.copied, planner::sync_aliases)}) {
        if (is_copied) {
            add_copied(primary, part, replica, wanted);
        }
    }
    if (spec.enabled == planner::EnabledSpec::copied) {
        add_copied(primary, planner::sync_enabled, replica, wanted);
    } else if (spec.enabled == planner::EnabledSpec::no || enables_all_) {
        const io::KeyState state = spec.enabled == planner::EnabledSpec::no ? io::KeyState::disabled
                                                                            : io::KeyState::enabled;
        wanted.push_back(
            PropertyChange{replica, planner::sync_enabled, "", PropertyValue(name_of(state))});
    }
    for (const io::Tag& tag : spec.tags) {
        wanted.push_back(PropertyChange{replica, planner::sync_tags, tag.key, tag.value});
    }
    for (const std::string& name : spec.aliases.templates) {
        wanted.push_back(PropertyChange{
            replica,
            planner::sync_aliases,
            planner::fill_template(
                name, {replica.region.name(), replica.account.digits(), replica.key_id.text()}),
            ""});
    }
    return wanted;
}

bool Contents::was_wanted(const PropertyChange& change) const {
    const auto job = job_of_.find(change.key.text());
    if (job == job_of_.end()) {
        return false;
    }
    const std::vector<PropertyChange> now = wanted(plan_.jobs[job->second]);
    PropertyChange of_primary = change;
    of_primary.key = plan_.keys[plan_.jobs[job->second].key].primary;
    return was_value(of_primary) ||
           std::any_of(now.begin(), now.end(), [&](const PropertyChange& each) {
               return each.part == change.part && each.name == change.name &&
                      each.value == change.value;
           });
}

bool Contents::is_usable(const io::KeyArn& replica) const {
    const auto view = world_.kms().model().view(replica, io::Moment::max());
    return view && (view->state == io::KeyState::enabled || view->state == io::KeyState::disabled);
}

std::vector<std::string> Contents::differences(const Excluded& is_excluded) const {
    std::vector<std::string> found;
    for (const planner::Job& job : plan_.jobs) {
        const io::KeyArn replica = planner::replica_arn(plan_, job);
        if (!is_usable(replica) || is_excluded(replica)) {
            continue;
        }
        for (const PropertyChange& each : wanted(job)) {
            if (value(each) != each.value) {
                found.push_back(fmt::format("{} is {}, the spec sets {}",
                                            name_of(each),
                                            text_of(value(each)),
                                            text_of(each.value)));
            }
        }
    }
    return found;
}

std::vector<std::string> Contents::not_undone(const Excluded& is_excluded,
                                              bool is_clock_right) const {
    std::vector<std::string> found;
    for (const auto& [id, property] : properties_) {
        const io::KeyArn key = io::KeyArn::parse(std::get<0>(id)).value();
        if (!property.is_synced || property.is_of_others || is_excluded(key)) {
            continue;
        }
        const PropertyChange named{key, std::get<1>(id), std::get<2>(id), property.value};
        const bool is_ambiguous =
            !is_clock_right && named.part == planner::sync_enabled && property.synced.size() > 1;
        if (property.value != property.start && !property.is_contested && !is_ambiguous) {
            found.push_back(fmt::format("{} is {}, before the syncs it was {}",
                                        name_of(named),
                                        text_of(property.value),
                                        text_of(property.start)));
        }
    }
    return found;
}

void Contents::check_against_kms(io::Moment now) const {
    for (const auto& [id, property] : properties_) {
        const io::KeyArn key = io::KeyArn::parse(std::get<0>(id)).value();
        const auto view = world_.kms().model().view(key, now);
        PropertyValue value;
        switch (std::get<1>(id)) {
            case planner::sync_policy:
                value = view ? PropertyValue(planner::policy_meaning(view->policy)) : value;
                break;
            case planner::sync_description:
                value = view ? PropertyValue(view->description) : value;
                break;
            case planner::sync_enabled:
                value = view ? PropertyValue(name_of(view->state)) : value;
                break;
            case planner::sync_tags:
                for (const io::Tag& tag : view ? view->tags : std::vector<io::Tag>()) {
                    value = tag.key == std::get<2>(id) ? PropertyValue(tag.value) : value;
                }
                break;
            case planner::sync_aliases:
                continue;  // the model's view does not contain them
        }
        if (value != property.value) {
            world_.violated(now,
                            fmt::format("{} {} is {} in KMS, but {} according to the requests",
                                        std::get<0>(id),
                                        std::get<2>(id),
                                        text_of(value),
                                        text_of(property.value)));
        }
    }
}

}  // namespace keyferry::soak

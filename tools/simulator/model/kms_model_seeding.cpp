// SPDX-License-Identifier: Apache-2.0
// KmsModel: functions that add, change and inspect keys directly, without a KMS operation.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/values/unix_time.hpp"

namespace keyferry::simulator {

bool KmsModel::add_primary_key(const io::KeyArn& arn, const SeededKey& seeded) {
    const auto spec = key_spec_index(seeded.key_spec);
    const auto id = PackedKeyId::parse(arn.key_id.text());
    const std::uint32_t account = table_.names().number(arn.account.digits());
    if (!spec || !id || table_.find(account, *id) != nullptr ||
        (seeded.usage && key_specs()[*spec].use(*seeded.usage) == nullptr)) {
        return false;
    }
    KeySet set;
    set.id = *id;
    set.account = account;
    set.primary_region = table_.names().number(arn.region.name());
    set.spec = *spec;
    set.usage = seeded.usage.value_or(key_specs()[*spec].uses.front().usage);
    set.origin = seeded.origin;
    RegionalKey key;
    key.region = set.primary_region;
    key.ready_at = io::Moment::min();
    key.created_ms = seeded.created.time_since_epoch().count();
    key.description = table_.texts().number(seeded.description);
    key.policy = table_.texts().number(seeded.policy);
    key.tags = table_.texts().number(packed_tags(seeded.tags));
    key.settled_state = seeded.state;
    table_.add_key(table_.add_set(std::move(set)), key);
    return true;
}

bool KmsModel::add_replica(const io::KeyArn& primary,
                           const io::Region& region,
                           io::KeyState state,
                           const SimulatedTime& time) {
    const auto id = PackedKeyId::parse(primary.key_id.text());
    const std::uint32_t account = table_.names().number(primary.account.digits());
    KeySet* set = id ? table_.find(account, *id) : nullptr;
    RegionalKey replica;
    replica.region = table_.names().number(region.name());
    if (set == nullptr || set->in(replica.region) != nullptr) {
        return false;
    }
    const bool is_creating = state == io::KeyState::creating;
    replica.ready_at = io::Moment::min();
    if (is_creating) {
        replica.pass_through(state, creating_times_.within(settings_.creating), time);
    }
    replica.settled_state = is_creating ? io::KeyState::enabled : state;
    table_.add_key(*set, replica);
    return true;
}

std::optional<KmsModel::Found> KmsModel::known_key(const io::KeyArn& arn) {
    auto found = find_key(io::AccountRegion(arn.account, arn.region), "", arn.key_id.text());
    const Found* key = std::get_if<Found>(&found);
    return key != nullptr ? std::optional(*key) : std::nullopt;
}

bool KmsModel::set_state(const io::KeyArn& arn,
                         io::KeyState state,
                         std::optional<io::WallTime> deletion_date) {
    const auto found = known_key(arn);
    if (!found) {
        return false;
    }
    RegionalKey& key = *found->key;
    key.ready_at = io::Moment::min();
    key.settled_state = state;
    key.deletion_s = 0;
    key.deletion_days = 0;
    if (state == io::KeyState::pending_deletion && deletion_date) {
        const auto date = std::chrono::floor<std::chrono::seconds>(*deletion_date);
        key.deletion_s = static_cast<std::uint32_t>(date.time_since_epoch().count());
        schedule_event(*found->set, key.region, key.deletion_s * kMillisecondsPerSecond);
    }
    return true;
}

bool KmsModel::set_tags(const io::KeyArn& arn, const std::vector<io::Tag>& tags) {
    const auto found = known_key(arn);
    if (found) {
        found->key->tags = table_.texts().number(packed_tags(tags));
    }
    return found.has_value();
}

bool KmsModel::set_policy(const io::KeyArn& arn, std::string_view text) {
    const auto found = known_key(arn);
    if (found) {
        found->key->policy = table_.texts().number(text);
    }
    return found.has_value();
}

bool KmsModel::set_description(const io::KeyArn& arn, std::string_view text) {
    const auto found = known_key(arn);
    if (found) {
        found->key->description = table_.texts().number(text);
    }
    return found.has_value();
}

bool KmsModel::add_alias(const io::AccountRegion& place,
                         std::string_view name,
                         const std::optional<io::KeyArn>& key,
                         io::WallTime created) {
    constexpr std::string_view kPrefix = "alias/";
    if (name.substr(0, kPrefix.size()) != kPrefix || name.size() == kPrefix.size()) {
        return false;
    }
    Alias alias;
    alias.name = name;
    alias.created_ms = created.time_since_epoch().count();
    alias.updated_ms = alias.created_ms;
    if (key) {
        const auto found = known_key(*key);
        if (!found || io::AccountRegion(key->account, key->region) != place) {
            return false;
        }
        alias.target = found->set->id;
    }
    return aliases_[place].add(std::move(alias));
}

bool KmsModel::move_primary(const io::KeyArn& primary, const io::Region& region) {
    const auto found = known_key(primary);
    const auto number = table_.names().find(region.name());
    if (!found || !number || found->key->region != found->set->primary_region ||
        *number == found->set->primary_region || found->set->in(*number) == nullptr) {
        return false;
    }
    found->set->primary_region = *number;
    return true;
}

bool KmsModel::remove_key(const io::KeyArn& arn) {
    const auto found = known_key(arn);
    if (!found) {
        return false;
    }
    KeySet& set = *found->set;
    const std::uint32_t region = found->key->region;
    if (region == set.primary_region && set.keys.size() > 1) {
        return false;
    }
    delete_key(set, region);
    return true;
}

bool KmsModel::has_had_key(const io::KeyArn& arn) const {
    const auto id = PackedKeyId::parse(arn.key_id.text());
    const auto account = table_.names().find(arn.account.digits());
    return id && account && table_.has_had(*account, *id);
}

std::optional<KeyView> KmsModel::view(const io::KeyArn& arn, io::Moment now) const {
    const auto id = PackedKeyId::parse(arn.key_id.text());
    const auto account = table_.names().find(arn.account.digits());
    const auto region = table_.names().find(arn.region.name());
    const KeySet* set = id && account ? table_.find(*account, *id) : nullptr;
    const RegionalKey* key = set && region ? set->in(*region) : nullptr;
    if (key == nullptr) {
        return std::nullopt;
    }
    KeyView view;
    view.state = key->state(now);
    view.type = key->region == set->primary_region ? io::MultiRegionKeyType::primary
                                                   : io::MultiRegionKeyType::replica;
    view.description = table_.texts().text(key->description);
    view.policy = policy_of(*key, io::AccountRegion(arn.account, arn.region));
    view.tags = unpacked_tags(table_.texts().text(key->tags));
    return view;
}

KmsModel::Counts KmsModel::counts() const {
    Counts counts;
    std::set<std::uint32_t> accounts;
    std::set<std::uint32_t> regions;
    for (const KeySet& set : table_.sets()) {
        for (const RegionalKey& key : set.keys) {
            accounts.insert(set.account);
            regions.insert(key.region);
        }
    }
    for (const std::uint32_t account : accounts) {
        counts.accounts.insert(table_.names().text(account));
    }
    for (const std::uint32_t region : regions) {
        counts.regions.insert(table_.names().text(region));
    }
    for (const auto& [place, table] : aliases_) {
        counts.aliases += table.all().size();
        if (!table.all().empty()) {
            counts.accounts.insert(place.account.digits());
            counts.regions.insert(place.region.name());
        }
    }
    for (const auto& [location, grants] : grants_.all()) {
        counts.grants += grants.size();
    }
    return counts;
}

std::uint64_t KmsModel::key_count(const io::AccountRegion& place) const {
    const auto account = table_.names().find(place.account.digits());
    const auto region = table_.names().find(place.region.name());
    return account && region ? table_.keys_in(*account, *region).size() : 0;
}

}  // namespace keyferry::simulator

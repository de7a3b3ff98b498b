// The part of KmsModel that is no KMS operation: keys put there from outside, and a look at them.
#include "tools/simulator/key_policy.hpp"
#include "tools/simulator/kms_model.hpp"

namespace keyferry {

bool KmsModel::add_primary_key(const KeyArn& arn, const SeededKey& seeded) {
    const auto spec = key_spec_index(seeded.key_spec);
    const auto id = PackedKeyId::parse(arn.key_id.text());
    const std::uint32_t account = table_.names().number(arn.account.digits());
    if (!spec || !id || table_.find(account, *id) != nullptr) {
        return false;
    }
    KeySet set;
    set.id = *id;
    set.account = account;
    set.primary_region = table_.names().number(arn.region.name());
    set.spec = *spec;
    set.usage = key_specs()[*spec].uses.front().usage;
    set.origin = seeded.origin;
    RegionalKey key;
    key.region = set.primary_region;
    key.ready_at = Moment::min();
    key.description = table_.texts().number(seeded.description);
    key.settled_state = seeded.state;
    table_.add_key(table_.add_set(std::move(set)), key);
    return true;
}

bool KmsModel::add_replica(const KeyArn& primary,
                           const Region& region,
                           KeyState state,
                           Moment now) {
    const auto id = PackedKeyId::parse(primary.key_id.text());
    const std::uint32_t account = table_.names().number(primary.account.digits());
    KeySet* set = id ? table_.find(account, *id) : nullptr;
    RegionalKey replica;
    replica.region = table_.names().number(region.name());
    if (set == nullptr || set->in(replica.region) != nullptr) {
        return false;
    }
    const bool is_creating = state == KeyState::creating;
    replica.ready_at =
        is_creating ? now + creating_times_.within(settings_.creating) : Moment::min();
    replica.settled_state = is_creating ? KeyState::enabled : state;
    table_.add_key(*set, replica);
    return true;
}

bool KmsModel::set_state(const KeyArn& arn, KeyState state) {
    auto found = find_key(Place(arn.account, arn.region), "", arn.key_id.text());
    Found* key = std::get_if<Found>(&found);
    if (key == nullptr) {
        return false;
    }
    key->key->ready_at = Moment::min();
    key->key->settled_state = state;
    return true;
}

std::optional<KeyView> KmsModel::view(const KeyArn& arn, Moment now) const {
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
    view.type = key->region == set->primary_region ? MultiRegionKeyType::primary
                                                   : MultiRegionKeyType::replica;
    view.description = table_.texts().text(key->description);
    view.policy = key->policy != 0
                      ? table_.texts().text(key->policy)
                      : default_key_policy(arn.account.digits(), arn.region.partition().name);
    view.tags = unpacked_tags(table_.texts().text(key->tags));
    return view;
}

std::uint64_t KmsModel::key_count(const Place& place) const {
    const auto account = table_.names().find(place.account.digits());
    const auto region = table_.names().find(place.region.name());
    return account && region ? table_.keys_in(*account, *region).size() : 0;
}

}  // namespace keyferry

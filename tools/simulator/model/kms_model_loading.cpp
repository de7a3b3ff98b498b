// SPDX-License-Identifier: Apache-2.0
// KmsModel: loading its state from records.
#include "tools/simulator/model/grant_record.hpp"
#include "tools/simulator/model/key_record.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/model/record_members.hpp"
#include "tools/simulator/values/base64.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

}  // namespace

void KmsModel::load_key(const json::object& object, const SimulatedTime& time) {
    KeySet set;
    const auto id = PackedKeyId::parse(text_in(object, "id"));
    const auto spec = key_spec_index(text_in(object, "spec"));
    const auto usage = key_usage_named(text_in(object, "usage"));
    if (!id || !spec || !usage) {
        throw std::runtime_error("a key has an invalid ID, key spec or key usage");
    }
    set.id = *id;
    set.spec = *spec;
    set.usage = *usage;
    set.origin = text_in(object, "origin") == "EXTERNAL" ? KeyOrigin::external : KeyOrigin::aws_kms;
    set.account =
        table_.names().number(io::AccountId::parse(text_in(object, "account")).value().digits());
    set.primary_region = table_.names().number(text_in(object, "primary_region"));
    if (const json::value* life = object.if_contains("life")) {
        set.life = std::make_unique<KeyLife>(life_in(life->as_object(), table_.names()));
    }
    std::vector<RegionalKey> keys;
    for (const json::value& item : object.at("regions").as_array()) {
        keys.push_back(regional_in(item.as_object(), table_.names(), table_.texts(), time));
    }
    KeySet* known = table_.find(set.account, set.id);
    if (known == nullptr) {
        known = &table_.add_set(std::move(set));
    } else {
        known->primary_region = set.primary_region;
        known->life = std::move(set.life);
    }
    for (const RegionalKey& before : known->keys) {
        // A key that replaces a deleted key in the same Region does not take over its grants and
        // uses.
        const bool is_kept = std::any_of(keys.begin(), keys.end(), [&](const RegionalKey& key) {
            return key.region == before.region && key.created_ms == before.created_ms;
        });
        if (!is_kept) {
            last_uses_.erase(location_of(*known, before.region));
            grants_.remove_all(location_of(*known, before.region));
        }
    }
    table_.replace_keys(*known, keys);
}

std::optional<KmsModel::KeyLocation> KmsModel::location_in(const json::object& object) const {
    const auto id = PackedKeyId::parse(text_in(object, "key"));
    const auto account = table_.names().find(text_in(object, "account"));
    const auto region = table_.names().find(text_in(object, "region"));
    const KeySet* set = id && account ? table_.find(*account, *id) : nullptr;
    return set != nullptr && region && set->in(*region) != nullptr
               ? std::optional(location_of(*set, *region))
               : std::nullopt;
}

void KmsModel::load_grant(const json::object& object) {
    const auto location = location_in(object);
    if (object.contains("ended")) {
        if (location) {
            grants_.remove(*location, text_in(object, "id"));
        }
        return;
    }
    if (!location) {
        throw std::runtime_error("a grant is for a key that does not exist");
    }
    grants_.add(*location, grant_in(object));
}

void KmsModel::load_use(const json::object& object) {
    const auto location = location_in(object);
    const auto api = io::kms_api_named(text_in(object, "operation"));
    if (!location || !api) {
        throw std::runtime_error("the last use is for an unknown key or operation");
    }
    last_uses_[*location] = LastUse{*api, object.at("at_ms").as_int64()};
}

void KmsModel::load_alias(const json::object& object) {
    const io::AccountRegion place(io::AccountId::parse(text_in(object, "account")).value(),
                                  io::Region::parse(text_in(object, "region")).value());
    Alias alias;
    alias.name = text_in(object, "name");
    AliasTable& table = aliases_[place];
    if (object.contains("deleted")) {
        table.remove(alias.name);
        return;
    }
    if (object.contains("key")) {
        alias.target = PackedKeyId::parse(text_in(object, "key")).value();
    }
    alias.created_ms = object.at("created_ms").as_int64();
    alias.updated_ms = object.at("updated_ms").as_int64();
    const Alias* known = table.find(alias.name);
    if (known != nullptr && known->created_ms == alias.created_ms && alias.target) {
        table.retarget(alias.name, *alias.target, alias.updated_ms);
        return;
    }
    table.remove(alias.name);
    table.add(std::move(alias));
}

void KmsModel::load_wrapping_key(const json::object& object) {
    const auto private_key = from_base64(text_in(object, "pkcs8"));
    if (!private_key || !wrapping_keys_.restore(text_in(object, "spec"), *private_key)) {
        throw std::runtime_error("a wrapping key is not a private key of its spec");
    }
}

void KmsModel::load_import_token(const json::object& object) {
    const auto location = location_in(object);
    auto bytes = from_base64(text_in(object, "token"));
    if (!bytes) {
        throw std::runtime_error("an import token is not valid base64");
    }
    if (!location) {
        return;  // its key has been deleted
    }
    ImportToken token;
    token.bytes = *std::move(bytes);
    token.account = std::get<0>(*location);
    token.key = PackedKeyId::parse(text_in(object, "key")).value();
    token.region = std::get<3>(*location);
    token.algorithm = text_in(object, "algorithm");
    token.spec = text_in(object, "spec");
    token.valid_to_ms = object.at("valid_to_ms").as_int64();
    import_tokens_.restore(std::move(token));
}

std::optional<io::ParseProblem> KmsModel::load_record(const json::object& record,
                                                      const SimulatedTime& time) {
    try {
        if (const json::value* key = record.if_contains("key")) {
            load_key(key->as_object(), time);
        } else if (const json::value* alias = record.if_contains("alias")) {
            load_alias(alias->as_object());
        } else if (const json::value* grant = record.if_contains("grant")) {
            load_grant(grant->as_object());
        } else if (const json::value* use = record.if_contains("last_use")) {
            load_use(use->as_object());
        } else if (const json::value* wrapping = record.if_contains("wrapping_key")) {
            load_wrapping_key(wrapping->as_object());
        } else if (const json::value* token = record.if_contains("import_token")) {
            load_import_token(token->as_object());
        } else {
            return io::ParseProblem{"a record of an unknown kind"};
        }
    } catch (const std::exception& error) {
        return io::ParseProblem{error.what()};
    }
    return std::nullopt;
}

void KmsModel::finish_loading() {
    scheduled_events_.clear();
    for (const KeySet& set : table_.sets()) {
        schedule_events(set);
    }
}

void KmsModel::schedule_events(const KeySet& set) {
    for (const RegionalKey& key : set.keys) {
        if (key.settled_state == io::KeyState::pending_deletion && key.deletion_s != 0) {
            schedule_event(set, key.region, std::int64_t{key.deletion_s} * kMillisecondsPerSecond);
        }
    }
    if (!set.life) {
        return;
    }
    if (set.life->rotation_period_days) {
        schedule_event(set, set.primary_region, set.life->next_rotation_ms);
    }
    if (set.life->on_demand_began_ms) {
        schedule_event(
            set, set.primary_region, *set.life->on_demand_began_ms + kOnDemandRotationMs);
    }
    for (const KeyMaterial& material : set.life->materials) {
        for (const RegionalImport& there : material.imported) {
            if (there.valid_to_ms) {
                schedule_event(set, there.region, *there.valid_to_ms);
            }
        }
    }
}

}  // namespace keyferry::simulator

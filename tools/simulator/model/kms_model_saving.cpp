// SPDX-License-Identifier: Apache-2.0
// KmsModel: saving its state and its changes as records.
#include "tools/simulator/model/grant_record.hpp"
#include "tools/simulator/model/key_record.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/values/base64.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace keyferry::simulator {

namespace {

void append_alias(const io::AccountRegion& place, const Alias& alias, std::string& text) {
    ObjectText object(text);
    object.text("account", std::string_view(place.account.digits()));
    object.text("region", std::string_view(place.region.name()));
    object.text("name", std::string_view(alias.name));
    if (alias.target) {
        object.text("key", std::string_view(alias.target->text()));
    }
    object.whole("created_ms", alias.created_ms);
    object.whole("updated_ms", alias.updated_ms);
    object.close();
}

void append_deleted_alias(const io::AccountRegion& place,
                          const std::string& name,
                          std::string& text) {
    ObjectText object(text);
    object.text("account", std::string_view(place.account.digits()));
    object.text("region", std::string_view(place.region.name()));
    object.text("name", std::string_view(name));
    object.flag("deleted", true);
    object.close();
}

/// The record of one object: {"key":{...}}.
template <typename Append>
std::string record_of(std::string_view kind, Append append) {
    std::string text;
    ObjectText record(text);
    append(record.member(kind));
    record.close();
    return text;
}

}  // namespace

void KmsModel::note_change(KeySet& set) {
    if (changes_) {
        changes_->keys.push_back(&set);
    }
}

void KmsModel::note_change(const io::AccountRegion& place, std::string_view alias) {
    if (changes_) {
        changes_->aliases.emplace_back(place, alias);
    }
}

void KmsModel::note_grant_change(const Found& key, std::string_view grant_id) {
    if (changes_) {
        changes_->grants.emplace_back(RegionOfKey{key.set, key.key->region}, grant_id);
    }
}

void KmsModel::note_use(const Found& key) {
    if (changes_) {
        changes_->uses.push_back(RegionOfKey{key.set, key.key->region});
    }
}

void KmsModel::append_key(const KeySet& set, const SimulatedTime& time, ObjectText& key) const {
    const NameTable& names = table_.names();
    key.text("id", std::string_view(set.id.text()));
    key.text("account", std::string_view(names.text(set.account)));
    key.text("primary_region", std::string_view(names.text(set.primary_region)));
    key.text("spec", key_specs()[set.spec].name);
    key.text("usage", name_of(set.usage));
    key.text("origin", name_of(set.origin));
    if (set.life && !set.keys.empty()) {
        append_life(*set.life, names, key.member("life"));
    }
    key.list("regions", set.keys, [&](const RegionalKey& each, std::string& json) {
        append_regional(each, names, table_.texts(), time, json);
    });
}

void KmsModel::append_place(const RegionOfKey& key, ObjectText& object) const {
    object.text("key", std::string_view(key.set->id.text()));
    object.text("account", std::string_view(table_.names().text(key.set->account)));
    object.text("region", std::string_view(table_.names().text(key.region)));
}

void KmsModel::save_key(const KeySet& set,
                        const SimulatedTime& time,
                        const RecordSink& sink) const {
    sink(record_of("key", [&](std::string& text) {
        ObjectText key(text);
        append_key(set, time, key);
        key.close();
    }));
}

void KmsModel::save_grant(const RegionOfKey& key,
                          std::string_view id,
                          const Grant* grant,
                          const RecordSink& sink) const {
    sink(record_of("grant", [&](std::string& text) {
        ObjectText object(text);
        append_place(key, object);
        if (grant != nullptr) {
            append_grant(*grant, object);
        } else {
            object.text("id", id);
            object.flag("ended", true);
        }
        object.close();
    }));
}

void KmsModel::save_use(const RegionOfKey& key, const RecordSink& sink) const {
    const auto use = last_uses_.find(location_of(*key.set, key.region));
    if (use == last_uses_.end()) {
        return;
    }
    sink(record_of("last_use", [&](std::string& text) {
        ObjectText object(text);
        append_place(key, object);
        object.text("operation", io::name_of(use->second.api));
        object.whole("at_ms", use->second.at_ms);
        object.close();
    }));
}

void KmsModel::save_wrapping_key(std::string_view spec, const RecordSink& sink) const {
    const io::Secret private_key = wrapping_keys_.private_key(spec).value();
    sink(record_of("wrapping_key", [&](std::string& text) {
        ObjectText object(text);
        object.text("spec", spec);
        object.text("pkcs8", std::string_view(base64(private_key.reveal())));
        object.close();
    }));
}

void KmsModel::save_import_token(const ImportToken& token, const RecordSink& sink) const {
    const KeySet* set = table_.find(token.account, token.key);
    if (set == nullptr) {
        return;  // its key has been deleted
    }
    sink(record_of("import_token", [&](std::string& text) {
        ObjectText object(text);
        append_place(RegionOfKey{set, token.region}, object);
        object.text("algorithm", std::string_view(token.algorithm));
        object.text("spec", std::string_view(token.spec));
        object.text("token", std::string_view(base64(token.bytes)));
        object.whole("valid_to_ms", token.valid_to_ms);
        object.close();
    }));
}

void KmsModel::append_grants(const KeySet& set, ObjectText& key) const {
    std::string text;
    for (const RegionalKey& each : set.keys) {
        const auto* grants = grants_.of(location_of(set, each.region));
        for (std::size_t i = 0; grants != nullptr && i < grants->size(); ++i) {
            text.append(text.empty() ? "" : ",");
            ObjectText object(text);
            object.text("region", std::string_view(table_.names().text(each.region)));
            append_grant((*grants)[i], object);
            object.close();
        }
    }
    if (!text.empty()) {
        key.member("grants").append("[").append(text).append("]");
    }
}

void KmsModel::append_uses(const KeySet& set, ObjectText& key) const {
    std::string text;
    for (const RegionalKey& each : set.keys) {
        const auto use = last_uses_.find(location_of(set, each.region));
        if (use == last_uses_.end()) {
            continue;
        }
        text.append(text.empty() ? "" : ",");
        ObjectText object(text);
        object.text("region", std::string_view(table_.names().text(each.region)));
        object.text("operation", io::name_of(use->second.api));
        object.whole("at_ms", use->second.at_ms);
        object.close();
    }
    if (!text.empty()) {
        key.member("last_uses").append("[").append(text).append("]");
    }
}

std::string KmsModel::state_text(const SimulatedTime& time) {
    advance_to(time);
    std::string keys;
    for (const KeySet& set : table_.sets()) {
        if (!set.keys.empty()) {  // otherwise it is deleted
            keys.append(keys.empty() ? "\n" : ",\n");
            ObjectText key(keys);
            append_key(set, time, key);
            append_uses(set, key);
            append_grants(set, key);
            key.close();
        }
    }
    std::string aliases;
    for (const auto& [place, table] : aliases_) {
        for (const Alias& alias : table.all()) {
            aliases.append(aliases.empty() ? "\n" : ",\n");
            append_alias(place, alias, aliases);
        }
    }
    return fmt::format("{{\"keys\":[{}],\"aliases\":[{}]}}\n", keys, aliases);
}

void KmsModel::save(const SimulatedTime& time, const RecordSink& sink) {
    advance_to(time);
    if (changes_) {
        changes_ = Changes{};
    }
    for (const KeySet& set : table_.sets()) {  // deleted keys also have records
        save_key(set, time, sink);
        for (const RegionalKey& each : set.keys) {
            const RegionOfKey key{&set, each.region};
            if (const auto* grants = grants_.of(location_of(set, each.region))) {
                for (const Grant& grant : *grants) {
                    save_grant(key, grant.id, &grant, sink);
                }
            }
            save_use(key, sink);
        }
    }
    for (const auto& [place, table] : aliases_) {
        for (const Alias& alias : table.all()) {
            sink(record_of("alias",
                           [&, &at = place](std::string& text) { append_alias(at, alias, text); }));
        }
    }
    for (const auto& [spec, pair] : wrapping_keys_.pairs()) {
        save_wrapping_key(spec, sink);
    }
    for (const ImportToken& token : import_tokens_.all()) {
        if (unix_ms(time.wall) < token.valid_to_ms) {
            save_import_token(token, sink);
        }
    }
}

void KmsModel::save_changes(const SimulatedTime& time, const RecordSink& sink) {
    if (!changes_) {
        return;
    }
    auto [keys, grants, uses, aliases, wrapping_keys, import_tokens] =
        std::exchange(*changes_, Changes{});
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const KeySet* set : keys) {
        save_key(*set, time, sink);
    }
    for (const auto& [key, id] : grants) {
        save_grant(key, id, grants_.find(location_of(*key.set, key.region), id), sink);
    }
    for (const RegionOfKey& key : uses) {
        save_use(key, sink);
    }
    for (const auto& [place, name] : aliases) {
        const AliasTable* table = aliases_in(place);
        const Alias* alias = table != nullptr ? table->find(name) : nullptr;
        sink(record_of("alias", [&, &at = place, &known_as = name](std::string& text) {
            if (alias != nullptr) {
                append_alias(at, *alias, text);
            } else {
                append_deleted_alias(at, known_as, text);
            }
        }));
    }
    for (const std::string& spec : wrapping_keys) {
        save_wrapping_key(spec, sink);
    }
    for (const ImportToken& token : import_tokens) {
        save_import_token(token, sink);
    }
}

}  // namespace keyferry::simulator

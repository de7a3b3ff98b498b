// SPDX-License-Identifier: Apache-2.0
// KmsModel: saves keys and aliases as records, and loads them.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

std::int64_t whole_ms(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

void append_materials(const KeyLife& life, const NameTable& names, std::string& text) {
    text.push_back('[');
    for (std::size_t i = 0; i < life.materials.size(); ++i) {
        const KeyMaterial& material = life.materials[i];
        text.append(i > 0 ? "," : "");
        ObjectText object(text);
        object.text("id", std::string_view(material.id));
        object.number("state", static_cast<std::int32_t>(material.state));
        object.text("description", std::string_view(material.description));
        object.whole("rotated_ms", material.rotated_ms);
        object.flag("on_demand", material.on_demand);
        object.member("imported").push_back('[');
        for (std::size_t r = 0; r < material.imported.size(); ++r) {
            text.append(r > 0 ? "," : "");
            ObjectText there(text);
            there.text("region", std::string_view(names.text(material.imported[r].region)));
            there.whole("valid_to_ms", material.imported[r].valid_to_ms);
            there.close();
        }
        text.push_back(']');
        object.close();
    }
    text.push_back(']');
}

void append_life(const KeyLife& life, const NameTable& names, std::string& text) {
    ObjectText object(text);
    object.number("period_days", life.rotation_period_days);
    object.whole("next_rotation_ms", life.next_rotation_ms);
    object.whole("on_demand_began_ms", life.on_demand_began_ms);
    append_materials(life, names, object.member("materials"));
    object.close();
}

void append_regional(const RegionalKey& key,
                     const NameTable& names,
                     const NameTable& texts,
                     const SimulatedTime& time,
                     std::string& text) {
    ObjectText object(text);
    object.text("region", std::string_view(names.text(key.region)));
    object.text("state", name_of(key.settled_state));
    if (time.now < key.ready_at) {
        object.text("passing_state", name_of(key.passing_state));
        object.whole("ready_ms", unix_ms(time.wall) + whole_ms(key.ready_at - time.now));
    }
    object.whole("created_ms", key.created_ms);
    object.text("description", std::string_view(texts.text(key.description)));
    object.text("policy", std::string_view(texts.text(key.policy)));
    object.text("tags", std::string_view(texts.text(key.tags)));
    object.whole("deletion_s", std::int64_t{key.deletion_s});
    object.number("deletion_days", std::int32_t{key.deletion_days});
    object.close();
}

std::string text_in(const json::object& object, std::string_view name) {
    return std::string(std::string_view(object.at(name).as_string()));
}

std::optional<std::int64_t> whole_in(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr ? std::optional(value->as_int64()) : std::nullopt;
}

io::KeyState state_in(const json::object& object, std::string_view name) {
    const io::KeyState state = io::key_state_named(text_in(object, name));
    if (state == io::KeyState::other) {
        throw std::runtime_error("a key has an unknown state");
    }
    return state;
}

KeyMaterial material_in(const json::object& object, NameTable& names) {
    KeyMaterial material;
    material.id = text_in(object, "id");
    const std::int64_t state = object.at("state").as_int64();
    if (state < 0 || state > static_cast<std::int64_t>(KeyMaterial::State::pending_import)) {
        throw std::runtime_error("a key material has an unknown state");
    }
    material.state = static_cast<KeyMaterial::State>(state);
    material.description = text_in(object, "description");
    material.rotated_ms = whole_in(object, "rotated_ms");
    material.on_demand = object.at("on_demand").as_bool();
    for (const json::value& item : object.at("imported").as_array()) {
        RegionalImport there;
        there.region = names.number(text_in(item.as_object(), "region"));
        there.valid_to_ms = whole_in(item.as_object(), "valid_to_ms");
        material.imported.push_back(there);
    }
    return material;
}

RegionalKey regional_in(const json::object& object,
                        NameTable& names,
                        NameTable& texts,
                        const SimulatedTime& time) {
    RegionalKey key;
    key.region = names.number(io::Region::parse(text_in(object, "region")).value().name());
    key.settled_state = state_in(object, "state");
    key.ready_at = io::Moment::min();
    if (const auto ready_ms = whole_in(object, "ready_ms")) {
        key.passing_state = state_in(object, "passing_state");
        key.ready_at = time.now + std::chrono::milliseconds(*ready_ms - unix_ms(time.wall));
    }
    key.created_ms = object.at("created_ms").as_int64();
    key.description = texts.number(text_in(object, "description"));
    key.policy = texts.number(text_in(object, "policy"));
    key.tags = texts.number(text_in(object, "tags"));
    key.deletion_s = static_cast<std::uint32_t>(object.at("deletion_s").as_int64());
    key.deletion_days = static_cast<std::uint16_t>(object.at("deletion_days").as_int64());
    return key;
}

KeyLife life_in(const json::object& object, NameTable& names) {
    KeyLife life;
    if (const auto days = whole_in(object, "period_days")) {
        life.rotation_period_days = static_cast<std::int32_t>(*days);
    }
    life.next_rotation_ms = object.at("next_rotation_ms").as_int64();
    life.on_demand_began_ms = whole_in(object, "on_demand_began_ms");
    for (const json::value& item : object.at("materials").as_array()) {
        life.materials.push_back(material_in(item.as_object(), names));
    }
    return life;
}

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

/// Formats the record of one object: {"key":{...}} or {"alias":{...}}.
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

void KmsModel::append_key(const KeySet& set, const SimulatedTime& time, std::string& text) const {
    const NameTable& names = table_.names();
    ObjectText key(text);
    key.text("id", std::string_view(set.id.text()));
    key.text("account", std::string_view(names.text(set.account)));
    key.text("primary_region", std::string_view(names.text(set.primary_region)));
    key.text("spec", key_specs()[set.spec].name);
    key.text("usage", name_of(set.usage));
    key.text("origin", name_of(set.origin));
    if (set.life) {
        append_life(*set.life, names, key.member("life"));
    }
    key.list("regions", set.keys, [&](const RegionalKey& each, std::string& json) {
        append_regional(each, names, table_.texts(), time, json);
    });
    append_uses(set, key);
    append_grants(set, key);
    key.close();
}

std::string KmsModel::state_text(const SimulatedTime& time) {
    advance_to(time);
    std::string keys;
    for (const KeySet& set : table_.sets()) {
        if (!set.keys.empty()) {  // otherwise it is deleted
            keys.append(keys.empty() ? "\n" : ",\n");
            append_key(set, time, keys);
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
    for (const KeySet& set : table_.sets()) {
        if (!set.keys.empty()) {
            sink(record_of("key", [&](std::string& text) { append_key(set, time, text); }));
        }
    }
    for (const auto& [place, table] : aliases_) {
        for (const Alias& alias : table.all()) {
            sink(record_of("alias",
                           [&, &at = place](std::string& text) { append_alias(at, alias, text); }));
        }
    }
}

void KmsModel::save_changes(const SimulatedTime& time, const RecordSink& sink) {
    if (!changes_ || (changes_->keys.empty() && changes_->aliases.empty())) {
        return;
    }
    auto [keys, aliases] = std::exchange(*changes_, Changes{});
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const KeySet* set : keys) {
        sink(record_of("key", [&](std::string& text) { append_key(*set, time, text); }));
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
}

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
    for (const RegionalKey& key : known->keys) {
        last_uses_.erase(location_of(*known, key.region));
        grants_.remove_all(location_of(*known, key.region));
    }
    table_.replace_keys(*known, keys);
    load_uses(*known, object);
    load_grants(*known, object);
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

std::optional<io::ParseProblem> KmsModel::load_record(const json::object& record,
                                                      const SimulatedTime& time) {
    try {
        if (const json::value* key = record.if_contains("key")) {
            load_key(key->as_object(), time);
        } else if (const json::value* alias = record.if_contains("alias")) {
            load_alias(alias->as_object());
        } else {
            return io::ParseProblem{"neither a key nor an alias"};
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

// SPDX-License-Identifier: Apache-2.0
// KmsModel: saving and loading its state.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::int32_t kVersion = 1;

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
                     io::Moment now,
                     std::string& text) {
    ObjectText object(text);
    object.text("region", std::string_view(names.text(key.region)));
    object.text("state", name_of(key.settled_state));
    if (now < key.ready_at) {
        object.text("passing_state", name_of(key.passing_state));
        object.whole("passes_in_ms", whole_ms(key.ready_at - now));
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
                        io::Moment now) {
    RegionalKey key;
    key.region = names.number(io::Region::parse(text_in(object, "region")).value().name());
    key.settled_state = state_in(object, "state");
    key.ready_at = io::Moment::min();
    if (const auto passes_in = whole_in(object, "passes_in_ms")) {
        key.passing_state = state_in(object, "passing_state");
        key.ready_at = now + std::chrono::milliseconds(*passes_in);
    }
    key.created_ms = object.at("created_ms").as_int64();
    key.description = texts.number(text_in(object, "description"));
    key.policy = texts.number(text_in(object, "policy"));
    key.tags = texts.number(text_in(object, "tags"));
    key.deletion_s = static_cast<std::uint32_t>(object.at("deletion_s").as_int64());
    key.deletion_days = static_cast<std::uint16_t>(object.at("deletion_days").as_int64());
    return key;
}

}  // namespace

std::string KmsModel::state_text(const SimulatedTime& time) {
    advance_to(time);
    const NameTable& names = table_.names();
    std::string text;
    ObjectText object(text);
    object.number("version", kVersion);
    object.member("keys").push_back('[');
    bool first = true;
    for (const KeySet& set : table_.sets()) {
        if (set.keys.empty()) {
            continue;  // deleted
        }
        text.append(first ? "\n" : ",\n");
        first = false;
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
        key.member("regions").push_back('[');
        for (std::size_t i = 0; i < set.keys.size(); ++i) {
            text.append(i > 0 ? "," : "");
            append_regional(set.keys[i], names, table_.texts(), time.now, text);
        }
        text.push_back(']');
        key.close();
    }
    text.push_back(']');
    object.member("aliases").push_back('[');
    append_aliases(text);
    text.append("]");
    object.member("grants").push_back('[');
    append_grants(text);
    text.append("]");
    object.close();
    text.push_back('\n');
    return text;
}

void KmsModel::append_aliases(std::string& text) const {
    bool first = true;
    for (const auto& [place, table] : aliases_) {
        for (const Alias& alias : table.all()) {
            text.append(first ? "\n" : ",\n");
            first = false;
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
    if (table_.find(set.account, set.id) != nullptr) {
        throw std::runtime_error("a key is listed twice");
    }
    if (const json::value* life = object.if_contains("life")) {
        KeyLife& into = set.life_of();
        if (const auto days = whole_in(life->as_object(), "period_days")) {
            into.rotation_period_days = static_cast<std::int32_t>(*days);
        }
        into.next_rotation_ms = life->at("next_rotation_ms").as_int64();
        into.on_demand_began_ms = whole_in(life->as_object(), "on_demand_began_ms");
        for (const json::value& item : life->at("materials").as_array()) {
            into.materials.push_back(material_in(item.as_object(), table_.names()));
        }
    }
    KeySet& added = table_.add_set(std::move(set));
    for (const json::value& item : object.at("regions").as_array()) {
        const RegionalKey key =
            regional_in(item.as_object(), table_.names(), table_.texts(), time.now);
        if (added.in(key.region) != nullptr) {
            throw std::runtime_error("a key is listed twice in one Region");
        }
        table_.add_key(added, key);
    }
    schedule_events(added);
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
    for (const KeyMaterial& material : set.life->materials) {
        for (const RegionalImport& there : material.imported) {
            if (there.valid_to_ms) {
                schedule_event(set, there.region, *there.valid_to_ms);
            }
        }
    }
}

std::optional<io::ParseProblem> KmsModel::load_state(std::string_view text,
                                                     const SimulatedTime& time) {
    try {
        const json::value document = json::parse(json::string_view(text.data(), text.size()));
        const json::object& state = document.as_object();
        if (state.at("version").as_int64() != kVersion) {
            return io::ParseProblem{"written by another version of keyferry"};
        }
        for (const json::value& item : state.at("keys").as_array()) {
            load_key(item.as_object(), time);
        }
        for (const json::value& item : state.at("aliases").as_array()) {
            const json::object& object = item.as_object();
            const io::AccountRegion place(io::AccountId::parse(text_in(object, "account")).value(),
                                          io::Region::parse(text_in(object, "region")).value());
            Alias alias;
            alias.name = text_in(object, "name");
            if (object.contains("key")) {
                alias.target = PackedKeyId::parse(text_in(object, "key")).value();
            }
            alias.created_ms = object.at("created_ms").as_int64();
            alias.updated_ms = object.at("updated_ms").as_int64();
            aliases_[place].add(std::move(alias));
        }
        if (const json::value* grants = state.if_contains("grants")) {
            for (const json::value& item : grants->as_array()) {
                load_grant(item.as_object());
            }
        }
    } catch (const std::exception& error) {
        return io::ParseProblem{fmt::format("not a valid simulator state: {}", error.what())};
    }
    return std::nullopt;
}

}  // namespace keyferry::simulator

// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/key_record.hpp"

#include "io/names/region.hpp"
#include "tools/simulator/model/record_members.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

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

}  // namespace

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
        object.whole("ready_ms", key.ready_ms);
    }
    object.whole("created_ms", key.created_ms);
    object.text("description", std::string_view(texts.text(key.description)));
    object.text("policy", std::string_view(texts.text(key.policy)));
    object.text("tags", std::string_view(texts.text(key.tags)));
    object.whole("deletion_s", std::int64_t{key.deletion_s});
    object.number("deletion_days", std::int32_t{key.deletion_days});
    object.close();
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
        key.ready_ms = *ready_ms;
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

}  // namespace keyferry::simulator

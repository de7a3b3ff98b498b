// SPDX-License-Identifier: Apache-2.0
// KmsModel: key rotation.
#include "io/checksum/sha256.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/list_page.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::int32_t kPeriodDaysDefault = 365;
constexpr std::int32_t kListKeyRotationsLimitDefault = 100;
constexpr std::size_t kOnDemandMax = 25;
constexpr std::int64_t kRotationSoonMs = 20 * 60 * kMillisecondsPerSecond;

bool is_symmetric(const KeySet& set) {
    return key_specs()[set.spec].name == "SYMMETRIC_DEFAULT";
}

std::string_view name_of_state(KeyMaterial::State state) {
    switch (state) {
        case KeyMaterial::State::current:
            return "CURRENT";
        case KeyMaterial::State::non_current:
            return "NON_CURRENT";
        case KeyMaterial::State::pending_rotation:
            return "PENDING_ROTATION";
        case KeyMaterial::State::pending_import:
            break;
    }
    return "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
}

RotationEntry rotation_entry(const KeySet& set, const KeyMaterial& material, std::uint32_t region) {
    RotationEntry entry;
    entry.key_id = set.id.text();
    entry.key_material_id = material.id;
    entry.material_state = name_of_state(material.state);
    if (material.rotated_ms) {
        entry.rotation_date_s = unix_s(*material.rotated_ms);
        entry.rotation_type = material.on_demand ? "ON_DEMAND" : "AUTOMATIC";
    }
    if (set.origin == KeyOrigin::external) {
        const RegionalImport* there = material.in(region);
        entry.import_state = there != nullptr ? "IMPORTED" : "PENDING_IMPORT";
        if (!material.description.empty()) {
            entry.description = material.description;
        }
        if (there != nullptr) {
            entry.expiration_model =
                there->valid_to_ms ? "KEY_MATERIAL_EXPIRES" : "KEY_MATERIAL_DOES_NOT_EXPIRE";
        }
        if (there != nullptr && there->valid_to_ms) {
            entry.valid_to_s = unix_s(*there->valid_to_ms);
        }
    }
    return entry;
}

}  // namespace

std::string KmsModel::own_material_id(const KeySet& set, std::size_t number) {
    return io::hex(io::sha256(fmt::format("{} {}", set.id.text(), number)));
}

std::optional<std::string> KmsModel::current_material_id(const KeySet& set) {
    KeyMaterial* current = set.life ? set.life->current() : nullptr;
    if (current != nullptr) {
        return current->id;
    }
    return set.origin == KeyOrigin::aws_kms ? std::optional(own_material_id(set, 0)) : std::nullopt;
}

std::optional<KmsRefusal> KmsModel::check_rotation(const Found& key, bool changes) const {
    const std::string arn = arn_of(*key.set, key.key->region);
    if (key.set->origin == KeyOrigin::external) {
        return KmsRefusal(
            io::KmsErrorCode::unsupported_operation,
            fmt::format("{} origin is EXTERNAL which is not valid for this operation.", arn));
    }
    if (!is_symmetric(*key.set)) {
        return KmsRefusal(io::KmsErrorCode::unsupported_operation,
                          "");  // KMS sends no message
    }
    if (changes && key.key->region != key.set->primary_region) {
        // Related keys share the rotation settings, which are configured on the primary. The
        // message is the same as for ReplicateKey.
        return refusal_not_a_primary(arn);
    }
    return std::nullopt;
}

void KmsModel::finish_rotation(KeyLife& life, std::int64_t now_ms) {
    if (!life.on_demand_began_ms || now_ms < *life.on_demand_began_ms + kOnDemandRotationMs) {
        return;
    }
    const std::int64_t at_ms = *life.on_demand_began_ms + kOnDemandRotationMs;
    life.on_demand_began_ms.reset();
    for (KeyMaterial& material : life.materials) {
        if (material.state == KeyMaterial::State::current) {
            material.state = KeyMaterial::State::non_current;
        } else if (material.state == KeyMaterial::State::pending_rotation) {
            material.state = KeyMaterial::State::current;
            material.rotated_ms = at_ms;
            material.on_demand = true;
        }
    }
}

void KmsModel::rotate_if_due(KeySet& set, std::int64_t now_ms) {
    if (!set.life) {
        return;
    }
    KeyLife& life = *set.life;
    finish_rotation(life, now_ms);
    if (!life.rotation_period_days || life.next_rotation_ms > now_ms) {
        return;
    }
    // KMS does not rotate a key that is disabled or pending deletion. It does so when the key is
    // enabled again.
    const RegionalKey* primary = set.in(set.primary_region);
    if (primary == nullptr || primary->settled_state != io::KeyState::enabled) {
        return;
    }
    if (KeyMaterial* current = life.current()) {
        current->state = KeyMaterial::State::non_current;
    }
    KeyMaterial& fresh = life.materials.emplace_back();
    fresh.id = own_material_id(set, life.materials.size() - 1);
    fresh.rotated_ms = now_ms;
    life.next_rotation_ms = now_ms + *life.rotation_period_days * kMillisecondsPerDay;
    schedule_event(set, set.primary_region, life.next_rotation_ms);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const EnableKeyRotationRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "EnableKeyRotation", request.key_id);
    if (const Found* key = std::get_if<Found>(&found)) {
        if (auto refusal = check_rotation(*key, true)) {
            return {*std::move(refusal), {}};
        }
        found = key_to_change(place, io::KmsApi::enable_key_rotation, request.key_id, time.now);
    }
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    KeyLife& life = key.set->life_of();
    if (life.materials.empty()) {
        life.materials.emplace_back().id = own_material_id(*key.set, 0);
    }
    life.rotation_period_days = request.period_days.value_or(kPeriodDaysDefault);
    life.next_rotation_ms = unix_ms(time.wall) + *life.rotation_period_days * kMillisecondsPerDay;
    schedule_event(*key.set, key.key->region, life.next_rotation_ms);
    return changed(key, EffectKind::rotation_enabled, place, time.now);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const DisableKeyRotationRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "DisableKeyRotation", request.key_id);
    if (const Found* key = std::get_if<Found>(&found)) {
        if (auto refusal = check_rotation(*key, true)) {
            return {*std::move(refusal), {}};
        }
        found = key_to_change(place, io::KmsApi::disable_key_rotation, request.key_id, time.now);
    }
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    if (key.set->life) {
        key.set->life->rotation_period_days.reset();
    }
    return changed(key, EffectKind::rotation_disabled, place, time.now);
}

Handled<GetKeyRotationStatusResult> KmsModel::respond(const io::AccountRegion& place,
                                                      const GetKeyRotationStatusRequest& request,
                                                      const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "GetKeyRotationStatus", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    if (auto refusal = check_rotation(key, false)) {
        return {*std::move(refusal), {}};
    }
    GetKeyRotationStatusResult result;
    result.key_id = key.set->id.text();
    if (key.set->life) {
        KeyLife& life = *key.set->life;
        finish_rotation(life, unix_ms(time.wall));
        const io::KeyState state = key.key->settled_state;
        result.enabled = life.rotation_period_days && state != io::KeyState::pending_deletion &&
                         state != io::KeyState::pending_replica_deletion;
        if (result.enabled) {
            result.period_days = life.rotation_period_days;
            result.next_rotation_s = unix_s(life.next_rotation_ms);
        }
        if (life.on_demand_began_ms) {
            result.on_demand_started_s = unix_s(*life.on_demand_began_ms);
        }
    }
    return {std::move(result), {}};
}

Handled<KeyIdResult> KmsModel::respond(const io::AccountRegion& place,
                                       const RotateKeyOnDemandRequest& request,
                                       const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::rotate_key_on_demand, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    const std::string arn = arn_of(*key.set, key.key->region);
    if (!is_symmetric(*key.set)) {
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation, ""), {}};
    }
    if (key.key->region != key.set->primary_region) {
        return {refusal_not_a_primary(arn), {}};
    }
    KeyLife& life = key.set->life_of();
    if (life.materials.empty() && key.set->origin == KeyOrigin::aws_kms) {
        life.materials.emplace_back().id = own_material_id(*key.set, 0);
    }
    const std::int64_t now_ms = unix_ms(time.wall);
    finish_rotation(life, now_ms);
    if (life.on_demand_began_ms) {
        return {KmsRefusal(
                    io::KmsErrorCode::conflict,
                    fmt::format("{} is already being rotated.", arn)),  // KMS's message is unknown
                {}};
    }
    // KMS API Reference, ConflictException: an automatic rotation is "scheduled to begin within the
    // next 20 minutes".
    if (life.rotation_period_days && life.next_rotation_ms <= now_ms + kRotationSoonMs) {
        return {KmsRefusal(io::KmsErrorCode::conflict,  // KMS's message is unknown
                           fmt::format("{} will be rotated within the next 20 minutes.", arn)),
                {}};
    }
    const auto on_demand_count =
        std::count_if(life.materials.begin(), life.materials.end(), [](const KeyMaterial& each) {
            return each.on_demand;
        });
    if (static_cast<std::size_t>(on_demand_count) >= kOnDemandMax) {
        return {KmsRefusal(io::KmsErrorCode::limit_exceeded,
                           "The on-demand rotations limit has been reached for the given keyId. No "
                           "more on-demand rotations can be performed for this key: " +
                               arn),
                {}};
    }
    const bool has_next =
        std::any_of(life.materials.begin(), life.materials.end(), [](const KeyMaterial& each) {
            return each.state == KeyMaterial::State::pending_rotation;
        });
    if (!has_next && key.set->origin == KeyOrigin::external) {
        return {KmsRefusal(io::KmsErrorCode::kms_invalid_state,
                           fmt::format(
                               "No available key material pending rotation for the key: {}.", arn)),
                {}};
    }
    if (!has_next) {
        KeyMaterial fresh;
        fresh.id = own_material_id(*key.set, life.materials.size());
        fresh.state = KeyMaterial::State::pending_rotation;
        life.materials.push_back(std::move(fresh));
    }
    life.on_demand_began_ms = now_ms;
    schedule_event(*key.set, key.key->region, now_ms + kOnDemandRotationMs);
    KeyIdResult result;
    result.key_id = arn;  // even if the request contains the ID
    return {std::move(result), changed(key, EffectKind::key_rotated, place, time.now).effect};
}

Handled<ListKeyRotationsResult> KmsModel::respond(const io::AccountRegion& place,
                                                  const ListKeyRotationsRequest& request,
                                                  const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "ListKeyRotations", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    if (!is_symmetric(*key.set)) {
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation, ""), {}};
    }
    const bool all = request.include_key_material == "ALL_KEY_MATERIAL";
    std::vector<RotationEntry> entries;
    if (key.set->life) {
        finish_rotation(*key.set->life, unix_ms(time.wall));
        for (const KeyMaterial& material : key.set->life->materials) {
            const bool has_rotated = material.rotated_ms.has_value();
            if (all || has_rotated) {
                entries.push_back(rotation_entry(*key.set, material, key.key->region));
            }
        }
    } else if (all && key.set->origin == KeyOrigin::aws_kms) {
        KeyMaterial first;
        first.id = own_material_id(*key.set, 0);
        entries.push_back(rotation_entry(*key.set, first, key.key->region));
    }
    const auto limit =
        static_cast<std::size_t>(request.limit.value_or(kListKeyRotationsLimitDefault));
    auto paged = page_of("rotations-from-", entries.size(), limit, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    ListKeyRotationsResult result;
    for (std::size_t i = page.begin; i < page.end; ++i) {
        result.rotations.push_back(std::move(entries[i]));
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

}  // namespace keyferry::simulator

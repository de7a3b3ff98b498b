// SPDX-License-Identifier: Apache-2.0
// KmsModel: import of key material.
#include "io/checksum/sha256.hpp"
#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::chrono::hours kTokenLife{24};
constexpr std::chrono::days kExpiryMax{365};

KmsRefusal incorrect_material() {
    return {io::KmsErrorCode::incorrect_key_material, ""};  // KMS's message is unknown
}

std::string imported_material_id(const KeySet& set, const io::Secret& material) {
    std::string named = set.id.text();
    named.reserve(named.size() + material.reveal().size());  // reallocation would leave a copy
    named += material.reveal();
    const io::Secret hashed = io::Secret::take(named);
    return io::hex(io::sha256(hashed.reveal()));
}

/// Whether the algorithm and the wrapping key can wrap key material of this spec (KMS API
/// Reference, GetParametersForImport; KMS Developer Guide, "Select a wrapping algorithm"):
/// - RSA_AES_KEY_WRAP only wraps private RSA and ECC keys. It is not available in China Regions.
/// - RSAES_OAEP wraps all other material, except ECC_NIST_P521 keys with RSA_2048, which are too
///   long.
bool can_wrap(const GetParametersForImportRequest& request,
              std::string_view spec,
              const io::Region& region) {
    const bool is_rsa = spec.starts_with("RSA_");
    if (request.wrapping_algorithm.starts_with("RSA_AES_KEY_WRAP_")) {
        return (is_rsa || spec.starts_with("ECC_")) && region.partition().name != "aws-cn";
    }
    return !is_rsa && (spec != "ECC_NIST_P521" || request.wrapping_key_spec != "RSA_2048");
}

}  // namespace

io::KeyState KmsModel::state_by_materials(const KeySet& set,
                                          const RegionalKey& key,
                                          io::KeyState wanted) {
    if (set.origin != KeyOrigin::external) {
        return wanted;
    }
    if (!set.life || set.life->current() == nullptr) {
        return io::KeyState::pending_import;
    }
    const bool has_all = std::all_of(
        set.life->materials.begin(), set.life->materials.end(), [&](const KeyMaterial& material) {
            return !material.is_permanent() || material.in(key.region) != nullptr;
        });
    return has_all ? wanted : io::KeyState::pending_import;
}

void KmsModel::expire_materials(KeySet& set, RegionalKey& key, std::int64_t now_ms) {
    if (!set.life || set.origin != KeyOrigin::external) {
        return;
    }
    std::vector<std::string> expired;
    for (const KeyMaterial& material : set.life->materials) {
        const RegionalImport* there = material.in(key.region);
        if (there != nullptr && there->valid_to_ms && *there->valid_to_ms <= now_ms) {
            expired.push_back(material.id);
        }
    }
    for (const std::string& id : expired) {
        remove_import(set, id, key.region);
    }
    if (key.settled_state == io::KeyState::enabled || key.settled_state == io::KeyState::disabled) {
        key.settled_state = state_by_materials(set, key, key.settled_state);
    }
}

void KmsModel::remove_import(KeySet& set, const std::string& material_id, std::uint32_t region) {
    KeyLife& life = set.life_of();
    KeyMaterial& material = *life.with_id(material_id);
    std::erase_if(material.imported,
                  [&](const RegionalImport& there) { return there.region == region; });
    // If a material that is pending rotation is deleted from the primary key, KMS deletes it from
    // all related keys. That the same holds if it expires is an assumption.
    const bool is_dropped =
        !material.is_permanent() && !life.on_demand_began_ms && region == set.primary_region;
    if (is_dropped || material.imported.empty()) {
        materials_.forget_imported(material_id);
    }
    if (is_dropped) {
        std::erase_if(life.materials,
                      [&](const KeyMaterial& each) { return each.id == material_id; });
    }
    update_pending_material(set);
}

void KmsModel::update_pending_material(KeySet& set) {
    if (!set.life || set.origin != KeyOrigin::external || set.life->on_demand_began_ms) {
        return;
    }
    for (KeyMaterial& material : set.life->materials) {
        if (material.is_permanent()) {
            continue;
        }
        const bool is_everywhere =
            std::all_of(set.keys.begin(), set.keys.end(), [&](const RegionalKey& key) {
                return material.in(key.region) != nullptr;
            });
        material.state = is_everywhere ? KeyMaterial::State::pending_rotation
                                       : KeyMaterial::State::pending_import;
    }
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::key_to_import_into(
    const io::AccountRegion& place, io::KmsApi api, std::string_view key_id, io::Moment now) {
    auto found = find_key(place, name_of(api), key_id);
    const Found* key = std::get_if<Found>(&found);
    if (key == nullptr) {
        return found;
    }
    const std::string arn = arn_of(*key->set, key->key->region);
    if (key->set->origin != KeyOrigin::external) {
        return KmsRefusal(
            io::KmsErrorCode::unsupported_operation,
            fmt::format("{} origin is AWS_KMS which is not valid for this operation.", arn));
    }
    if (auto refusal = check_key_state(api, key->key->state(now), arn)) {
        return *std::move(refusal);
    }
    note_change(*key->set);
    return found;
}

Handled<GetParametersForImportResult> KmsModel::respond(
    const io::AccountRegion& place,
    const GetParametersForImportRequest& request,
    const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found =
        key_to_import_into(place, io::KmsApi::get_parameters_for_import, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    // KMS has rejected RSAES_PKCS1_V1_5 since October 2023. SM2PKE is only available in China
    // Regions.
    const bool is_taken =
        request.wrapping_algorithm != "RSAES_PKCS1_V1_5" && request.wrapping_algorithm != "SM2PKE";
    const bool is_new_pair = !wrapping_keys_.has(request.wrapping_key_spec);
    auto public_key =
        is_taken ? wrapping_keys_.public_key(request.wrapping_key_spec) : std::nullopt;
    if (!public_key) {
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation,  // KMS's message is unknown
                           fmt::format("{} with {} is not supported.",
                                       request.wrapping_algorithm,
                                       request.wrapping_key_spec)),
                {}};
    }
    if (changes_ && is_new_pair) {
        changes_->wrapping_keys.push_back(request.wrapping_key_spec);
    }
    if (!can_wrap(request, key_specs()[key.set->spec].name, place.region)) {
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation,  // KMS's message is unknown
                           fmt::format("{} with {} cannot wrap key material for {}.",
                                       request.wrapping_algorithm,
                                       request.wrapping_key_spec,
                                       key_specs()[key.set->spec].name)),
                {}};
    }
    ImportToken token;
    token.account = key.set->account;
    token.key = key.set->id;
    token.region = key.key->region;
    token.algorithm = request.wrapping_algorithm;
    token.spec = request.wrapping_key_spec;
    token.valid_to_ms = unix_ms(time.wall + kTokenLife);
    GetParametersForImportResult result;
    result.key_id = arn_of(*key.set, key.key->region);
    result.valid_to_s = unix_s(token.valid_to_ms);
    const ImportToken& added = import_tokens_.add(std::move(token));
    result.import_token = added.bytes;
    if (changes_) {
        changes_->import_tokens.push_back(added);
    }
    result.public_key = *std::move(public_key);
    return {std::move(result), {}};
}

std::variant<io::Secret, KmsRefusal> KmsModel::imported_material(
    const ImportKeyMaterialRequest& request, const Found& key, const SimulatedTime& time) {
    const ImportToken* token = import_tokens_.find(request.import_token);
    if (token == nullptr || token->account != key.set->account || token->key != key.set->id ||
        token->region != key.key->region) {
        return KmsRefusal(io::KmsErrorCode::invalid_import_token,
                          "");  // KMS's message is unknown
    }
    if (unix_ms(time.wall) >= token->valid_to_ms) {
        return KmsRefusal(io::KmsErrorCode::expired_import_token,
                          "");  // KMS's message is unknown
    }
    auto bytes = wrapping_keys_.unwrap(token->spec, token->algorithm, request.wrapped_bytes);
    if (!bytes) {
        return KmsRefusal(io::KmsErrorCode::invalid_ciphertext, "");  // KMS sends no message
    }
    if (!is_material_for(key_specs()[key.set->spec], bytes->reveal())) {
        return incorrect_material();
    }
    return *std::move(bytes);
}

std::optional<KmsRefusal> KmsModel::add_material(const ImportKeyMaterialRequest& request,
                                                 const Found& key,
                                                 const std::string& id) {
    KeyLife& life = key.set->life_of();
    const bool is_new = request.import_type == "NEW_KEY_MATERIAL";
    const bool is_replica = key.key->region != key.set->primary_region;
    if (is_replica && (is_new || life.materials.empty())) {
        // "You cannot directly import new key material into the replica Region keys" (KMS API
        // Reference). KMS's error is unknown.
        return refusal_not_a_primary(arn_of(*key.set, key.key->region));
    }
    if (is_new && request.key_material_id) {
        return KmsRefusal(io::KmsErrorCode::validation,  // KMS's text is not recorded
                          "KeyMaterialId cannot be combined with ImportType NEW_KEY_MATERIAL.");
    }
    if (request.key_material_id && *request.key_material_id != id) {
        return incorrect_material();
    }
    if (const KeyMaterial* known = life.with_id(id)) {
        // Material that the key has now or had before cannot be imported as new.
        return is_new && known->is_permanent() ? std::optional(incorrect_material()) : std::nullopt;
    }
    if (life.materials.empty()) {
        life.materials.emplace_back().id = id;
        return std::nullopt;
    }
    if (!is_new) {
        return incorrect_material();
    }
    const auto waiting =
        std::find_if(life.materials.begin(), life.materials.end(), [](const KeyMaterial& material) {
            return !material.is_permanent();
        });
    if (waiting != life.materials.end()) {
        return KmsRefusal(
            io::KmsErrorCode::kms_invalid_state,
            fmt::format("New key material (id: {}) cannot be imported into KMS key {}, because "
                        "another key material (id: {}) is pending rotation.",
                        id,
                        key.set->id.text(),
                        waiting->id));
    }
    KeyMaterial& fresh = life.materials.emplace_back();
    fresh.id = id;
    fresh.state = KeyMaterial::State::pending_import;
    return std::nullopt;
}

Handled<KeyMaterialResult> KmsModel::respond(const io::AccountRegion& place,
                                             const ImportKeyMaterialRequest& request,
                                             const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found =
        key_to_import_into(place, io::KmsApi::import_key_material, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    const bool has_symmetric_member =
        request.import_type || request.description || request.key_material_id;
    if (has_symmetric_member && key_specs()[key.set->spec].name != "SYMMETRIC_DEFAULT") {
        // These members are "only usable with symmetric encryption keys" (KMS API Reference).
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation, ""), {}};
    }
    const bool expires = request.expiration_model != "KEY_MATERIAL_DOES_NOT_EXPIRE";
    if (expires && !request.valid_to_s) {
        return {
            KmsRefusal(io::KmsErrorCode::validation,
                       "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"),
            {}};
    }
    const double now_s = unix_s(unix_ms(time.wall));
    const double latest_s = now_s + static_cast<double>(std::chrono::seconds(kExpiryMax).count());
    if ((!expires && request.valid_to_s) ||
        (expires && (*request.valid_to_s <= now_s || *request.valid_to_s > latest_s))) {
        return {
            KmsRefusal(io::KmsErrorCode::validation,  // KMS's message is unknown
                       "ValidTo must be at most 365 days ahead if the key material expires, and "
                       "be left out if it does not."),
            {}};
    }
    auto material = imported_material(request, key, time);
    if (auto* refusal = std::get_if<KmsRefusal>(&material)) {
        return {std::move(*refusal), {}};
    }
    io::Secret& bytes = std::get<io::Secret>(material);
    const std::string id = imported_material_id(*key.set, bytes);
    if (auto refusal = add_material(request, key, id)) {
        return {*std::move(refusal), {}};
    }
    materials_.keep_imported(id, std::move(bytes));
    KeyMaterial& known = *key.set->life->with_id(id);
    if (request.description) {
        known.description = *request.description;
    }
    RegionalImport there;
    there.region = key.key->region;
    if (expires) {
        there.valid_to_ms = static_cast<std::int64_t>(
            std::floor(*request.valid_to_s * double{kMillisecondsPerSecond}));
        schedule_event(*key.set, there.region, *there.valid_to_ms);
    }
    std::erase_if(known.imported,
                  [&](const RegionalImport& other) { return other.region == there.region; });
    known.imported.push_back(there);
    update_pending_material(*key.set);
    if (key.key->settled_state == io::KeyState::pending_import) {
        key.key->settled_state = state_by_materials(*key.set, *key.key, io::KeyState::enabled);
    }
    KeyMaterialResult result;
    result.key_id = arn_of(*key.set, key.key->region);
    result.key_material_id = id;
    return {std::move(result), changed(key, EffectKind::material_imported, place, time.now).effect};
}

Handled<KeyMaterialResult> KmsModel::respond(const io::AccountRegion& place,
                                             const DeleteImportedKeyMaterialRequest& request,
                                             const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_import_into(
        place, io::KmsApi::delete_imported_key_material, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    KeyLife& life = key.set->life_of();
    KeyMaterial* material =
        request.key_material_id ? life.with_id(*request.key_material_id) : life.current();
    if (request.key_material_id && material == nullptr) {
        return {
            KmsRefusal(io::KmsErrorCode::not_found,  // KMS's message is unknown
                       fmt::format("Key material '{}' does not exist", *request.key_material_id)),
            {}};
    }
    KeyMaterialResult result;
    result.key_id = arn_of(*key.set, key.key->region);
    if (material != nullptr) {
        result.key_material_id = material->id;
        remove_import(*key.set, result.key_material_id, key.key->region);
        RegionalKey& there = *key.key;
        if (there.settled_state == io::KeyState::enabled ||
            there.settled_state == io::KeyState::disabled) {
            there.settled_state = state_by_materials(*key.set, there, there.settled_state);
        }
    }
    return {std::move(result), changed(key, EffectKind::material_deleted, place, time.now).effect};
}

}  // namespace keyferry::simulator

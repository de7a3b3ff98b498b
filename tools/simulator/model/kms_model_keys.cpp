// SPDX-License-Identifier: Apache-2.0
// KmsModel: key lookup by ID, ARN or alias, and key metadata.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keyferry::simulator {

namespace {

/// The components of "arn:partition:kms:region:account:resource".
struct ArnParts {
    std::string_view partition;
    std::string_view region;
    std::string_view account;
    std::string_view resource;
};

std::optional<ArnParts> split_arn(std::string_view arn) {
    constexpr std::size_t kParts = 6;
    std::array<std::string_view, kParts> parts;
    for (std::size_t i = 0; i + 1 < kParts; ++i) {
        const std::size_t colon = arn.find(':');
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        parts[i] = arn.substr(0, colon);
        arn.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn" || parts[2] != "kms") {
        return std::nullopt;
    }
    return ArnParts{parts[1], parts[3], parts[4], arn};
}

/// KMS's exact message for another account's key that does not exist or is not shared.
KmsRefusal no_access(std::string_view caller_arn,
                     std::string_view operation,
                     std::string_view arn) {
    return {io::KmsErrorCode::access_denied,
            fmt::format("User: {} is not authorized to perform: kms:{} "
                        "on resource: {} because the resource does not exist in this Region, no "
                        "resource-based policies allow access, or a resource-based policy "
                        "explicitly denies access",
                        caller_arn,
                        operation,
                        arn)};
}

/// The operations on keys of other accounts: those with "Cross-account use: Yes" in the KMS API
/// reference.
bool is_cross_account(std::string_view operation) {
    constexpr std::array<std::string_view, 21> kOperations{"CreateGrant",
                                                           "Decrypt",
                                                           "DeriveSharedSecret",
                                                           "DescribeKey",
                                                           "Encrypt",
                                                           "GenerateDataKey",
                                                           "GenerateDataKeyPair",
                                                           "GenerateDataKeyPairWithoutPlaintext",
                                                           "GenerateDataKeyWithoutPlaintext",
                                                           "GenerateMac",
                                                           "GetKeyRotationStatus",
                                                           "GetPublicKey",
                                                           "ListGrants",
                                                           "ReEncrypt",
                                                           "ReEncryptFrom",
                                                           "ReEncryptTo",
                                                           "RetireGrant",
                                                           "RevokeGrant",
                                                           "Sign",
                                                           "Verify",
                                                           "VerifyMac"};
    return std::find(kOperations.begin(), kOperations.end(), operation) != kOperations.end();
}

/// Whether an operation is read-only.
bool is_read(std::string_view operation) {
    return operation.substr(0, 8) == "Describe" || operation.substr(0, 4) == "List" ||
           (operation.substr(0, 3) == "Get" && operation != "GetParametersForImport");
}

/// Whether an operation accepts the name of an alias.
bool takes_alias(std::string_view operation) {
    constexpr std::array<std::string_view, 14> kOperations{"DescribeKey",
                                                           "Decrypt",
                                                           "DeriveSharedSecret",
                                                           "Encrypt",
                                                           "GenerateDataKey",
                                                           "GenerateDataKeyPair",
                                                           "GenerateDataKeyPairWithoutPlaintext",
                                                           "GenerateDataKeyWithoutPlaintext",
                                                           "GenerateMac",
                                                           "GetPublicKey",
                                                           "ReEncrypt",
                                                           "Sign",
                                                           "Verify",
                                                           "VerifyMac"};
    return std::find(kOperations.begin(), kOperations.end(), operation) != kOperations.end();
}

/// Adds the expiration of imported material: the earliest of all materials that are permanently
/// associated with the key (KMS API Reference, KeyMetadata).
void add_expiry(const KeySet& set, const RegionalKey& key, io::KeyMetadata& data) {
    const KeyMaterial* current = set.life ? set.life->current() : nullptr;
    if (current == nullptr || current->in(key.region) == nullptr) {
        return;
    }
    std::optional<std::int64_t> valid_to_ms;
    for (const KeyMaterial& material : set.life->materials) {
        const RegionalImport* there = material.is_permanent() ? material.in(key.region) : nullptr;
        if (there != nullptr && there->valid_to_ms) {
            valid_to_ms = std::min(valid_to_ms.value_or(*there->valid_to_ms), *there->valid_to_ms);
        }
    }
    data.expiration_model = valid_to_ms ? "KEY_MATERIAL_EXPIRES" : "KEY_MATERIAL_DOES_NOT_EXPIRE";
    if (valid_to_ms) {
        data.valid_to_s = unix_s(*valid_to_ms);
    }
}

}  // namespace

std::string KmsModel::arn_in(const io::AccountRegion& place, std::string_view resource) {
    return fmt::format("arn:{}:kms:{}:{}:{}",
                       place.region.partition().name,
                       place.region.name(),
                       place.account.digits(),
                       resource);
}

std::string KmsModel::arn_of(const KeySet& set, std::uint32_t region) const {
    constexpr std::size_t kReserved = 96;
    const std::string& name = table_.names().text(region);
    // A response contains the ARNs of all related keys; fmt::format() takes three times as long.
    std::string arn;
    arn.reserve(kReserved);
    arn.append("arn:").append(io::Region::parse(name).value().partition().name);
    arn.append(":kms:").append(name).append(1, ':').append(table_.names().text(set.account));
    arn.append(":key/").append(set.id.text());
    return arn;
}

io::KeyMetadata KmsModel::metadata(const KeySet& set,
                                   const RegionalKey& key,
                                   io::Moment now) const {
    const NameTable& names = table_.names();
    const auto related = [&](std::uint32_t region) {
        return io::RelatedKey{arn_of(set, region), names.text(region)};
    };
    io::KeyMetadata data(set.id.text());
    data.arn = arn_of(set, key.region);
    data.account_id = names.text(set.account);
    data.creation_date_s = unix_s(key.created_ms);
    data.key_state = key.state(now);
    data.enabled = data.key_state == io::KeyState::enabled;
    if (data.key_state == io::KeyState::pending_deletion) {
        data.deletion_date_s = key.deletion_s;
    }
    if (data.key_state == io::KeyState::pending_replica_deletion && key.deletion_days != 0) {
        data.pending_deletion_window_days = key.deletion_days;
    }
    data.description = table_.texts().text(key.description);
    data.key_usage = name_of(set.usage);
    data.key_spec = key_specs()[set.spec].name;
    data.origin = name_of(set.origin);
    data.key_manager = "CUSTOMER";
    if (data.key_state != io::KeyState::creating &&
        key_specs()[set.spec].name == "SYMMETRIC_DEFAULT") {
        data.current_key_material_id = current_material_id(set);
    }
    add_expiry(set, key, data);
    data.multi_region = set.id.multi_region;
    if (!set.id.multi_region) {
        return data;
    }
    io::MultiRegionConfiguration& configuration = data.multi_region_configuration.emplace();
    // While the primary Region is being updated, KMS may report both keys as replicas.
    const bool is_primary =
        key.region == set.primary_region && data.key_state != io::KeyState::updating;
    configuration.type =
        is_primary ? io::MultiRegionKeyType::primary : io::MultiRegionKeyType::replica;
    configuration.primary_key = related(set.primary_region);
    for (const RegionalKey& other : set.keys) {
        if (other.region != set.primary_region) {
            configuration.replica_keys.push_back(related(other.region));
        }
    }
    return data;
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::find_key_by_arn(const io::AccountRegion& place,
                                                                    std::string_view operation,
                                                                    std::string_view arn) {
    constexpr std::string_view kKey = "key/";
    const auto parts = split_arn(arn);
    const std::string_view partition = place.region.partition().name;
    if (!parts || parts->partition != partition) {
        return KmsRefusal(io::KmsErrorCode::invalid_arn, fmt::format("Invalid arn {}", arn));
    }
    if (parts->region != place.region.name()) {
        return refusal_arn_of_other_region(parts->region);
    }
    if (parts->account != place.account.digits()) {
        return find_shared_key(place, operation, arn);
    }
    if (parts->resource.starts_with(kAliasPrefix)) {
        return find_key_by_alias(place, operation, parts->resource);
    }
    if (!parts->resource.starts_with(kKey)) {
        return KmsRefusal(io::KmsErrorCode::invalid_arn, fmt::format("Invalid arn {}", arn));
    }
    const std::string_view id = parts->resource.substr(kKey.size());
    return PackedKeyId::parse(id) ? find_key(place, operation, id) : refusal_invalid_key_id(arn);
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::find_shared_key(const io::AccountRegion& place,
                                                                    std::string_view operation,
                                                                    std::string_view arn) {
    const PolicyIdentity by_default(place.account);
    const PolicyIdentity& identity = caller_ != nullptr ? *caller_->identity : by_default;
    const std::string caller_arn = identity.arn(place.region.partition().name);
    const auto account = io::AccountId::parse(split_arn(arn)->account);
    if (!account || caller_ == nullptr || !is_cross_account(operation)) {
        return no_access(caller_arn, operation, arn);
    }
    auto found = find_key_by_arn(io::AccountRegion(*account, place.region), operation, arn);
    return std::holds_alternative<Found>(found)
               ? found
               : std::variant<Found, KmsRefusal>(no_access(caller_arn, operation, arn));
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::find_key_by_alias(
    const io::AccountRegion& place, std::string_view operation, std::string_view name) {
    // KMS's response to an alias in an operation that does not accept aliases is unknown.
    if (!takes_alias(operation)) {
        return refusal_invalid_key_id(name);
    }
    const AliasTable* aliases = aliases_in(place);
    const Alias* alias = aliases != nullptr ? aliases->find(name) : nullptr;
    if (alias == nullptr || !alias->target || !is_visible(*alias)) {
        return KmsRefusal(io::KmsErrorCode::not_found,
                          fmt::format("Alias {} is not found.", arn_in(place, name)));
    }
    return find_key(place, operation, alias->target->text());
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::find_key(const io::AccountRegion& place,
                                                             std::string_view operation,
                                                             std::string_view key_id) {
    if (key_id.substr(0, 4) == "arn:") {
        return find_key_by_arn(place, operation, key_id);
    }
    if (key_id.substr(0, kAliasPrefix.size()) == kAliasPrefix) {
        return find_key_by_alias(place, operation, key_id);
    }
    const auto id = PackedKeyId::parse(key_id);
    if (!id) {
        return refusal_invalid_key_id(key_id);
    }
    const auto account = table_.names().find(place.account.digits());
    const auto region = table_.names().find(place.region.name());
    KeySet* set = account ? table_.find(*account, *id) : nullptr;
    RegionalKey* key = set && region ? set->in(*region) : nullptr;
    if (key == nullptr) {
        return refusal_no_such_key(arn_in(place, fmt::format("key/{}", key_id)));
    }
    Stale* stale = operation.empty() ? nullptr : stale_view(*set, key->region);
    if (stale != nullptr && !stale->before) {
        return refusal_no_such_key(arn_in(place, fmt::format("key/{}", key_id)));
    }
    return Found{set, stale != nullptr && is_read(operation) ? &*stale->before : key};
}

}  // namespace keyferry::simulator

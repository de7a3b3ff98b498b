// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::io {

/// KMS's KeyState. `other` means that the key state was introduced after this program was built.
enum class KeyState : std::uint8_t {
    creating,
    enabled,
    disabled,
    pending_deletion,
    pending_import,
    pending_replica_deletion,
    unavailable,
    updating,
    other,
};

/// "Creating", "Enabled", ...; "(unknown state)" for other.
[[nodiscard]] std::string_view name_of(KeyState state) noexcept;
/// The inverse of name_of(); `other` for unknown names.
[[nodiscard]] KeyState key_state_named(std::string_view name) noexcept;

enum class MultiRegionKeyType : std::uint8_t { primary, replica, other };

[[nodiscard]] std::string_view name_of(MultiRegionKeyType type) noexcept;
[[nodiscard]] MultiRegionKeyType multi_region_key_type_named(std::string_view name) noexcept;

/// KMS's MultiRegionKey: one of a set of related keys. The strings are exactly as KMS returned
/// them.
struct RelatedKey {
    std::string arn;
    std::string region;
};

struct MultiRegionConfiguration {
    MultiRegionKeyType type = MultiRegionKeyType::other;
    std::optional<RelatedKey> primary_key;
    std::vector<RelatedKey> replica_keys;
};

/// KMS's KeyMetadata from a response. KMS's model requires only KeyId; every other member may be
/// absent. Members that this program does not use are omitted.
struct KeyMetadata {
    KeyMetadata() = default;
    explicit KeyMetadata(std::string key_id_) : key_id(std::move(key_id_)) {}

    std::string key_id;
    std::optional<std::string> arn;
    std::optional<std::string> account_id;
    std::optional<double> creation_date_s;  ///< Unix epoch seconds, may be fractional
    std::optional<double> deletion_date_s;  ///< when a key in PendingDeletion will be deleted
    std::optional<std::int32_t>
        pending_deletion_window_days;  ///< for keys in PendingReplicaDeletion
    std::optional<bool> enabled;
    std::optional<std::string> description;
    std::optional<std::string> key_usage;                ///< "ENCRYPT_DECRYPT", ...
    std::optional<std::string> key_spec;                 ///< "SYMMETRIC_DEFAULT", ...
    std::optional<std::string> origin;                   ///< "AWS_KMS", "EXTERNAL", ...
    std::optional<std::string> expiration_model;         ///< expiration model of imported material
    std::optional<double> valid_to_s;                    ///< when imported material expires
    std::optional<std::string> current_key_material_id;  ///< 64 hexadecimal digits
    std::optional<std::string> key_manager;
    std::optional<KeyState> key_state;
    std::string unknown_key_state;  ///< the key state as KMS sent it if key_state is `other`
    std::optional<bool> multi_region;
    std::optional<MultiRegionConfiguration> multi_region_configuration;
};

}  // namespace keyferry::io

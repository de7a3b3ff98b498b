// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/values/packed_key_id.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::simulator {

enum class EffectKind : std::uint8_t {
    none,
    key_created,
    replica_created,
    policy_changed,
    tags_changed,
    description_changed,
    alias_created,
    alias_changed,
    alias_deleted,
    key_enabled,
    key_disabled,
    deletion_scheduled,
    deletion_cancelled,
    primary_moved,
    rotation_enabled,
    rotation_disabled,
    key_rotated,
    material_imported,
    material_deleted,
    grant_created,
    grant_ended,
};

inline constexpr std::array<std::string_view, 21> kEffectNames{"none",
                                                               "key_created",
                                                               "replica_created",
                                                               "policy_changed",
                                                               "tags_changed",
                                                               "description_changed",
                                                               "alias_created",
                                                               "alias_changed",
                                                               "alias_deleted",
                                                               "key_enabled",
                                                               "key_disabled",
                                                               "deletion_scheduled",
                                                               "deletion_cancelled",
                                                               "primary_moved",
                                                               "rotation_enabled",
                                                               "rotation_disabled",
                                                               "key_rotated",
                                                               "material_imported",
                                                               "material_deleted",
                                                               "grant_created",
                                                               "grant_ended"};

/// Returns the name used in the ledger: "none", "key_created", "replica_created", ...
[[nodiscard]] constexpr std::string_view name_of(EffectKind kind) noexcept {
    return kEffectNames[static_cast<std::size_t>(kind)];
}

/// Whether the effect created a key.
[[nodiscard]] constexpr bool creates_key(EffectKind kind) noexcept {
    return kind == EffectKind::key_created || kind == EffectKind::replica_created;
}

/// The change that a request made: the key that was created or changed, and its Region. For
/// aliases, this is the key that the alias points to or pointed to.
struct Effect {
    EffectKind kind = EffectKind::none;
    PackedKeyId key_id;
    std::string region;
};

}  // namespace keyferry::simulator

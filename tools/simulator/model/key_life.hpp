// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::simulator {

/// The import of one key material into one Region. Material is imported into each Region
/// separately.
struct RegionalImport {
    std::uint32_t region = 0;
    std::optional<std::int64_t> valid_to_ms;  ///< Unix epoch; nullopt: does not expire
};

/// One key material, identified by its ID. The bytes themselves are never stored.
struct KeyMaterial {
    enum class State : std::uint8_t { current, non_current, pending_rotation, pending_import };

    std::string id;  ///< 64 hexadecimal digits
    State state = State::current;
    std::string description;
    std::vector<RegionalImport> imported;    ///< for keys with origin EXTERNAL
    std::optional<std::int64_t> rotated_ms;  ///< when a rotation made it current
    bool on_demand = false;                  ///< whether that rotation was on demand

    /// Whether the material is permanently associated with the key, so that the key needs it. If
    /// not, it is pending rotation.
    [[nodiscard]] bool is_permanent() const {
        return state == State::current || state == State::non_current;
    }
    [[nodiscard]] const RegionalImport* in(std::uint32_t region) const {
        for (const RegionalImport& there : imported) {
            if (there.region == region) {
                return &there;
            }
        }
        return nullptr;
    }
};

/// Duration of an on-demand rotation; the KMS Developer Guide does not specify it.
inline constexpr std::int64_t kOnDemandRotationMs = 5000;

/// State that only a few keys need: rotation settings and key materials. It is stored separately to
/// save memory with millions of keys. Related keys share it.
struct KeyLife {
    std::optional<std::int32_t> rotation_period_days;  ///< set while rotation is enabled
    std::int64_t next_rotation_ms = 0;  ///< Unix epoch; valid while rotation is enabled
    std::optional<std::int64_t> on_demand_began_ms;
    /// Oldest first. For AWS_KMS keys, empty until the first rotation.
    std::vector<KeyMaterial> materials;

    KeyMaterial* current() {
        for (KeyMaterial& material : materials) {
            if (material.state == KeyMaterial::State::current) {
                return &material;
            }
        }
        return nullptr;
    }
    KeyMaterial* with_id(std::string_view id) {
        for (KeyMaterial& material : materials) {
            if (material.id == id) {
                return &material;
            }
        }
        return nullptr;
    }
};

}  // namespace keyferry::simulator

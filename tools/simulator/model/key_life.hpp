// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::simulator {

/// A material that has been imported into one Region: it may go there alone.
struct ImportedThere {
    std::uint32_t region = 0;
    std::optional<std::int64_t> valid_to_ms;  ///< Unix epoch; nothing: it does not expire
};

/// One material of a key, by its id: the bytes themselves are never kept.
struct KeyMaterial {
    enum class State : std::uint8_t { current, non_current, pending_rotation, pending_import };

    std::string id;  ///< 64 hexadecimal digits
    State state = State::current;
    std::string description;
    std::vector<ImportedThere> imported;     ///< for keys whose origin is EXTERNAL
    std::optional<std::int64_t> rotated_ms;  ///< when a rotation made it current
    bool on_demand = false;                  ///< whether somebody asked for that rotation

    [[nodiscard]] const ImportedThere* in(std::uint32_t region) const {
        for (const ImportedThere& there : imported) {
            if (there.region == region) {
                return &there;
            }
        }
        return nullptr;
    }
};

/// What only few keys have, apart from the others so that a million keys stay small: a rotation,
/// or materials of their own. Shared by related keys.
struct KeyLife {
    std::optional<std::int32_t> rotation_period_days;  ///< while rotation is enabled
    std::int64_t next_rotation_ms = 0;                 ///< Unix epoch, likewise
    std::optional<std::int64_t> on_demand_began_ms;
    std::vector<KeyMaterial> materials;  ///< oldest first; of AWS_KMS keys once they have rotated

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

// SPDX-License-Identifier: Apache-2.0
#include "io/names/key_metadata.hpp"

#include <array>
#include <utility>

namespace keyferry::io {

namespace {

constexpr std::array kKeyStates{
    std::pair{KeyState::creating, std::string_view("Creating")},
    std::pair{KeyState::enabled, std::string_view("Enabled")},
    std::pair{KeyState::disabled, std::string_view("Disabled")},
    std::pair{KeyState::pending_deletion, std::string_view("PendingDeletion")},
    std::pair{KeyState::pending_import, std::string_view("PendingImport")},
    std::pair{KeyState::pending_replica_deletion, std::string_view("PendingReplicaDeletion")},
    std::pair{KeyState::unavailable, std::string_view("Unavailable")},
    std::pair{KeyState::updating, std::string_view("Updating")},
};

constexpr std::array kMultiRegionKeyTypes{
    std::pair{MultiRegionKeyType::primary, std::string_view("PRIMARY")},
    std::pair{MultiRegionKeyType::replica, std::string_view("REPLICA")},
};

}  // namespace

std::string_view name_of(KeyState state) noexcept {
    for (const auto& [value, name] : kKeyStates) {
        if (value == state) {
            return name;
        }
    }
    return "(unknown state)";
}

KeyState key_state_named(std::string_view name) noexcept {
    for (const auto& [value, known] : kKeyStates) {
        if (known == name) {
            return value;
        }
    }
    return KeyState::other;
}

std::string_view name_of(MultiRegionKeyType type) noexcept {
    for (const auto& [value, name] : kMultiRegionKeyTypes) {
        if (value == type) {
            return name;
        }
    }
    return "(unknown type)";
}

MultiRegionKeyType multi_region_key_type_named(std::string_view name) noexcept {
    for (const auto& [value, known] : kMultiRegionKeyTypes) {
        if (known == name) {
            return value;
        }
    }
    return MultiRegionKeyType::other;
}

}  // namespace keyferry::io

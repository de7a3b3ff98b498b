#pragma once

#include "tools/simulator/packed_key_id.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry {

enum class EffectKind : std::uint8_t { none, key_created, replica_created };

/// "none", "key_created", "replica_created": as the ledger writes them.
constexpr std::string_view name_of(EffectKind kind) noexcept {
    switch (kind) {
        case EffectKind::none:
            return "none";
        case EffectKind::key_created:
            return "key_created";
        case EffectKind::replica_created:
            return "replica_created";
    }
    return "none";
}

/// What a request changed: which key came to be, and in which Region.
struct Effect {
    EffectKind kind = EffectKind::none;
    PackedKeyId key_id;
    std::string region;
};

}  // namespace keyferry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::simulator {

/// The FNV-1a hash of a text. Unlike std::hash, it is the same on every machine and in every
/// version, so derived values stay the same. Not for text that an attacker controls.
[[nodiscard]] constexpr std::uint64_t fnv1a_64(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char character : text) {
        hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3U;
    }
    return hash;
}

[[nodiscard]] constexpr std::uint32_t fnv1a_32(std::string_view text) noexcept {
    std::uint32_t hash = 0x811c9dc5U;
    for (const char character : text) {
        hash = (hash ^ static_cast<unsigned char>(character)) * 0x01000193U;
    }
    return hash;
}

}  // namespace keyferry::simulator

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container_hash/hash.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// A key ID packed into 17 bytes, so that millions of keys fit in memory. Both key ID formats of
/// KMS hold 128 bits: "mrk-" and 32 hexadecimal digits for multi-Region keys, a UUID for all
/// others.
struct PackedKeyId {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool multi_region = true;

    /// Returns nullopt if `text` has neither format.
    [[nodiscard]] static std::optional<PackedKeyId> parse(std::string_view text);

    [[nodiscard]] std::string text() const;

    friend bool operator==(const PackedKeyId&, const PackedKeyId&) = default;
};

struct PackedKeyIdHash {
    std::size_t operator()(const PackedKeyId& id) const noexcept {
        std::size_t hash = static_cast<std::size_t>(id.high);
        boost::hash_combine(hash, id.low);
        return hash;
    }
};

/// Formats 128 bits as a version 4 UUID: 8-4-4-4-12 digits, with the version and variant bits set.
[[nodiscard]] std::string uuid_text(std::uint64_t high, std::uint64_t low);

}  // namespace keyferry::simulator

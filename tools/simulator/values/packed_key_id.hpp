// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container_hash/hash.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// A key id in 17 bytes instead of a string, so that millions of keys fit in memory. Both kinds of
/// id that KMS gives out hold 128 bits: "mrk-" and 32 hexadecimal digits for multi-Region keys, a
/// UUID for the others.
struct PackedKeyId {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool multi_region = true;

    /// Nothing for a text of neither form.
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

/// 128 bits as a UUID of version 4: 8-4-4-4-12 digits, the bits for version and variant forced.
[[nodiscard]] std::string uuid_text(std::uint64_t high, std::uint64_t low);

}  // namespace keyferry::simulator

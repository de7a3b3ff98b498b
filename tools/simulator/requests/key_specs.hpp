// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace keyferry::simulator {

enum class KeyUsage : std::uint8_t {
    encrypt_decrypt,
    sign_verify,
    generate_verify_mac,
    key_agreement,
    encapsulate_decapsulate,
};

/// Returns the name in KMS, such as "ENCRYPT_DECRYPT".
[[nodiscard]] std::string_view name_of(KeyUsage usage) noexcept;
[[nodiscard]] std::optional<KeyUsage> key_usage_named(std::string_view name) noexcept;

/// One use of a key spec, with its algorithms.
struct KeySpecUse {
    KeyUsage usage;
    std::string_view algorithms;  ///< separated by spaces, in the order of DescribeKey
};

struct KeySpecEntry {
    std::string_view name;             ///< "SYMMETRIC_DEFAULT", "RSA_2048", ...
    std::span<const KeySpecUse> uses;  ///< the permitted key usages; never empty

    [[nodiscard]] const KeySpecUse* use(KeyUsage usage) const noexcept;
};

/// All key specs of the KMS service model as of November 2026. SYMMETRIC_DEFAULT is the first. Keys
/// store an index into this table, which takes one byte.
[[nodiscard]] std::span<const KeySpecEntry> key_specs() noexcept;

/// The index of a key spec in key_specs(); nullopt if there is no such key spec.
[[nodiscard]] std::optional<std::uint8_t> key_spec_index(std::string_view name) noexcept;

enum class KeyOrigin : std::uint8_t { aws_kms, external };

/// Returns "AWS_KMS" or "EXTERNAL".
[[nodiscard]] std::string_view name_of(KeyOrigin origin) noexcept;

}  // namespace keyferry::simulator

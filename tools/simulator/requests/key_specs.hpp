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

/// "ENCRYPT_DECRYPT", ...
[[nodiscard]] std::string_view name_of(KeyUsage usage) noexcept;
[[nodiscard]] std::optional<KeyUsage> key_usage_named(std::string_view name) noexcept;

/// What a key of one KeySpec can be used for, and with which algorithms. An index into this table
/// stands for a KeySpec, so that a key needs one byte for it.
struct KeySpecUse {
    KeyUsage usage;
    std::string_view algorithms;  ///< separated by spaces, as DescribeKey lists them
};

struct KeySpecEntry {
    std::string_view name;             ///< "SYMMETRIC_DEFAULT", "RSA_2048", ...
    std::span<const KeySpecUse> uses;  ///< what KeyUsage may be; never empty

    [[nodiscard]] const KeySpecUse* use(KeyUsage usage) const noexcept;
};

/// All KeySpecs of KMS's model as of November 2026; SYMMETRIC_DEFAULT is the first.
[[nodiscard]] std::span<const KeySpecEntry> key_specs() noexcept;

/// The index of a KeySpec in key_specs().
[[nodiscard]] std::optional<std::uint8_t> key_spec_index(std::string_view name) noexcept;

enum class KeyOrigin : std::uint8_t { aws_kms, external };

/// "AWS_KMS", "EXTERNAL"
[[nodiscard]] std::string_view name_of(KeyOrigin origin) noexcept;

}  // namespace keyferry::simulator

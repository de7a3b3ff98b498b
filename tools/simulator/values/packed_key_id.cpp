// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/packed_key_id.hpp"

#include <array>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kPrefix = "mrk-";
constexpr std::size_t kHexDigits = 32;
constexpr std::size_t kDigitsPerHalf = 16;
constexpr std::size_t kUuidLength = 36;
constexpr std::array<std::size_t, 4> kUuidDashes{8, 13, 18, 23};
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_dash_position(std::size_t position) {
    for (const std::size_t dash : kUuidDashes) {
        if (dash == position) {
            return true;
        }
    }
    return false;
}

/// The value of a lower-case hexadecimal digit; nullopt for other characters.
std::optional<std::uint64_t> digit_value(char digit) {
    constexpr std::uint64_t kTen = 10;
    if (digit >= '0' && digit <= '9') {
        return static_cast<std::uint64_t>(digit - '0');
    }
    return digit >= 'a' && digit <= 'f'
               ? std::optional(kTen + static_cast<std::uint64_t>(digit - 'a'))
               : std::nullopt;
}

/// The 32 hexadecimal digits of an ID. Each ReplicateKey formats seven IDs, so they are not
/// appended one by one.
std::array<char, kHexDigits> hex_digits_of(const PackedKeyId& id) {
    constexpr unsigned kBitsPerDigit = 4;
    std::array<char, kHexDigits> digits{};
    for (std::size_t i = 0; i < kDigitsPerHalf; ++i) {
        const auto shift = kBitsPerDigit * static_cast<unsigned>(kDigitsPerHalf - 1 - i);
        digits[i] = kDigits[(id.high >> shift) & 0xfU];
        digits[kDigitsPerHalf + i] = kDigits[(id.low >> shift) & 0xfU];
    }
    return digits;
}

std::string dashed(const PackedKeyId& id) {
    const std::array<char, kHexDigits> digits = hex_digits_of(id);
    std::string text(kUuidLength, '-');
    std::size_t at = 0;
    for (const char digit : digits) {
        at += is_dash_position(at) ? 1U : 0U;
        text[at++] = digit;
    }
    return text;
}

}  // namespace

std::optional<PackedKeyId> PackedKeyId::parse(std::string_view text) {
    PackedKeyId id;
    id.multi_region = text.substr(0, kPrefix.size()) == kPrefix;
    const std::string_view digits = id.multi_region ? text.substr(kPrefix.size()) : text;
    if (digits.size() != (id.multi_region ? kHexDigits : kUuidLength)) {
        return std::nullopt;
    }
    std::size_t taken = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (!id.multi_region && is_dash_position(i)) {
            if (digits[i] != '-') {
                return std::nullopt;
            }
            continue;
        }
        const auto value = digit_value(digits[i]);
        if (!value) {
            return std::nullopt;
        }
        std::uint64_t& half = taken < kDigitsPerHalf ? id.high : id.low;
        half = (half << 4U) | *value;
        ++taken;
    }
    return id;
}

std::string PackedKeyId::text() const {
    if (!multi_region) {
        return dashed(*this);
    }
    const std::array<char, kHexDigits> digits = hex_digits_of(*this);
    std::string text;
    text.reserve(kPrefix.size() + kHexDigits);
    text.append(kPrefix).append(digits.data(), digits.size());
    return text;
}

std::string uuid_text(std::uint64_t high, std::uint64_t low) {
    constexpr std::uint64_t kVersionMask = 0xf000U;
    constexpr std::uint64_t kVersion4 = 0x4000U;
    constexpr std::uint64_t kVariantMask = 0xc000000000000000U;
    constexpr std::uint64_t kVariant = 0x8000000000000000U;
    PackedKeyId id;
    id.multi_region = false;
    id.high = (high & ~kVersionMask) | kVersion4;
    id.low = (low & ~kVariantMask) | kVariant;
    return dashed(id);
}

}  // namespace keyferry::simulator

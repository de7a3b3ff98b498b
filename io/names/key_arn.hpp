// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "io/names/key_id.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The ARN of one multi-Region key in one Region:
/// arn:<partition>:kms:<region>:<account>:key/mrk-... The Region determines the partition; parse()
/// checks that they match.
struct KeyArn {
    Region region;
    AccountId account;
    KeyId key_id;

    KeyArn(Region region_, AccountId account_, KeyId key_id_)
        : region(std::move(region_)), account(std::move(account_)), key_id(std::move(key_id_)) {}

    /// Accepts only key ARNs of multi-Region keys. The error names the invalid part.
    [[nodiscard]] static Parsed<KeyArn> parse(std::string_view text);

    [[nodiscard]] std::string text() const;

    /// Returns the ARN of the related key in another Region: only the Region differs.
    [[nodiscard]] KeyArn in(const Region& other) const { return KeyArn(other, account, key_id); }

    friend bool operator==(const KeyArn&, const KeyArn&) = default;
    friend auto operator<=>(const KeyArn&, const KeyArn&) = default;
};

}  // namespace keyferry::io

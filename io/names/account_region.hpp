// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "io/names/region.hpp"

#include <compare>

namespace keyferry::io {

/// The account and Region that a KMS call is sent to. KMS enforces every quota per account and
/// Region.
struct AccountRegion {
    AccountId account;
    Region region;

    AccountRegion(AccountId account_, Region region_)
        : account(std::move(account_)), region(std::move(region_)) {}

    friend bool operator==(const AccountRegion&, const AccountRegion&) = default;
    friend auto operator<=>(const AccountRegion&, const AccountRegion&) = default;
};

}  // namespace keyferry::io

#pragma once

#include "io/names/account_id.hpp"
#include "io/names/region.hpp"

#include <compare>

namespace keyferry {

/// Where a call goes and whose quotas it uses: KMS counts every quota per account and Region.
struct Place {
    AccountId account;
    Region region;

    Place(AccountId account_, Region region_)
        : account(std::move(account_)), region(std::move(region_)) {}

    friend bool operator==(const Place&, const Place&) = default;
    friend auto operator<=>(const Place&, const Place&) = default;
};

}  // namespace keyferry

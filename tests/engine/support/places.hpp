// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"

#include <string_view>

namespace keyferry::engine {

inline io::AccountRegion at(std::string_view region, std::string_view account = "111122223333") {
    return {io::AccountId::parse(account).value(), io::Region::parse(region).value()};
}

}  // namespace keyferry::engine

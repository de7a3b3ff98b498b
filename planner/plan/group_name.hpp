// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <string>
#include <string_view>

namespace keyferry::planner {

/// Returns the name that the plan gives to a spec group with `accounts = [...]`, which it contains
/// once per account: "cards@111122223333".
[[nodiscard]] inline std::string name_of_group_in(std::string_view group,
                                                  const io::AccountId& account) {
    return std::string(group) + "@" + account.digits();
}

/// Whether the plan's group `group` has this name, or is the spec's group of this name for one
/// account.
[[nodiscard]] inline bool is_group_named(std::string_view group, std::string_view name) {
    return group == name ||
           (group.size() > name.size() && group.starts_with(name) && group[name.size()] == '@' &&
            io::AccountId::parse(group.substr(name.size() + 1)));
}

}  // namespace keyferry::planner

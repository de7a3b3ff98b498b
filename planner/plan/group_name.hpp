// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <string>
#include <string_view>

namespace keyferry::planner {

/// Returns the name of a group of the spec with `accounts = [...]` in the plan, which contains the
/// group once for each account: "cards@111122223333".
[[nodiscard]] inline std::string name_of_group_in(std::string_view group,
                                                  const io::AccountId& account) {
    return std::string(group) + "@" + account.digits();
}

/// Whether a group of the plan has this name, or is the group of this name in one of its accounts.
[[nodiscard]] inline bool is_group_named(std::string_view group, std::string_view name) {
    return group == name ||
           (group.size() > name.size() && group.starts_with(name) && group[name.size()] == '@' &&
            io::AccountId::parse(group.substr(name.size() + 1)));
}

}  // namespace keyferry::planner

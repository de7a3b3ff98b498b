// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <string>
#include <string_view>

namespace keyferry::planner {

/// A spec group with `accounts = [...]` becomes one group per account in the plan. Returns the name
/// of such a group: "cards@111122223333".
[[nodiscard]] inline std::string name_of_group_in(std::string_view group,
                                                  const io::AccountId& account) {
    return std::string(group) + "@" + account.digits();
}

/// Returns whether `name` is the name of the plan's group `group`, or of the spec group from which
/// it was created.
[[nodiscard]] inline bool is_group_named(std::string_view group, std::string_view name) {
    return group == name ||
           (group.size() > name.size() && group.starts_with(name) && group[name.size()] == '@' &&
            io::AccountId::parse(group.substr(name.size() + 1)));
}

}  // namespace keyferry::planner

// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/grant_table.hpp"

#include <algorithm>

namespace keyferry::simulator {

const Grant* GrantTable::find(const Key& key, std::string_view id) const {
    const std::vector<Grant>* grants = of(key);
    if (grants == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(
        grants->begin(), grants->end(), [&](const Grant& grant) { return grant.id == id; });
    return found == grants->end() ? nullptr : &*found;
}

bool GrantTable::remove(const Key& key, std::string_view id) {
    const auto found = grants_.find(key);
    return found != grants_.end() &&
           std::erase_if(found->second, [&](const Grant& grant) { return grant.id == id; }) > 0;
}

}  // namespace keyferry::simulator

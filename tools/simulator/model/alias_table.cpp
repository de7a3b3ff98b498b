// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/alias_table.hpp"

#include <utility>

namespace keyferry::simulator {

bool AliasTable::add(Alias alias) {
    if (find(alias.name) != nullptr) {
        return false;
    }
    aliases_.push_back(std::move(alias));
    index(aliases_.size() - 1);
    return true;
}

const Alias* AliasTable::find(std::string_view name) const {
    const auto known = by_name_.find(std::string(name));
    return known == by_name_.end() ? nullptr : &aliases_[known->second];
}

std::span<const std::size_t> AliasTable::of(const PackedKeyId& target) const {
    const auto known = by_target_.find(target);
    if (known == by_target_.end()) {
        return {};
    }
    return known->second;
}

bool AliasTable::retarget(std::string_view name,
                          const PackedKeyId& target,
                          std::int64_t updated_ms) {
    const auto known = by_name_.find(std::string(name));
    if (known == by_name_.end()) {
        return false;
    }
    Alias& alias = aliases_[known->second];
    alias.target = target;
    alias.updated_ms = updated_ms;
    index_all();
    return true;
}

bool AliasTable::remove(std::string_view name) {
    const auto known = by_name_.find(std::string(name));
    if (known == by_name_.end()) {
        return false;
    }
    aliases_.erase(aliases_.begin() + static_cast<std::ptrdiff_t>(known->second));
    index_all();
    return true;
}

void AliasTable::remove_of(const PackedKeyId& target) {
    std::erase_if(aliases_, [&](const Alias& alias) { return alias.target == target; });
    index_all();
}

void AliasTable::index_all() {
    by_name_.clear();
    by_target_.clear();
    for (std::size_t position = 0; position < aliases_.size(); ++position) {
        index(position);
    }
}

void AliasTable::index(std::size_t position) {
    const Alias& alias = aliases_[position];
    by_name_.emplace(alias.name, position);
    if (alias.target) {
        by_target_[*alias.target].push_back(position);
    }
}

}  // namespace keyferry::simulator

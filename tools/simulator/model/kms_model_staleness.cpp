// SPDX-License-Identifier: Apache-2.0
// KmsModel: eventual consistency. Reads may return outdated state.
#include "tools/simulator/model/kms_model.hpp"

namespace keyferry::simulator {

KmsModel::KeyLocation KmsModel::location_of(const KeySet& set, std::uint32_t region) {
    return KeyLocation(set.account, set.id.high, set.id.low, region);
}

void KmsModel::record_stale(const KeySet& set,
                            std::uint32_t region,
                            const RegionalKey* before,
                            io::Moment now) {
    constexpr std::size_t kStaleMax =
        100'000;  // specific to the simulator: changes beyond this are visible immediately
    if (settings_.stale.max.count() == 0) {
        return;
    }
    if (stale_.size() >= kStaleMax) {
        std::erase_if(stale_, [&](const auto& each) { return each.second.until <= now; });
    }
    if (stale_.size() >= kStaleMax || stale_view(set, region) != nullptr) {
        return;  // after several changes, reads return the state before the first of them
    }
    Stale stale;
    if (before != nullptr) {
        stale.before = *before;
    }
    stale.until = now + stale_times_.within(settings_.stale);
    stale_.insert_or_assign(location_of(set, region), stale);
}

KmsModel::Stale* KmsModel::stale_view(const KeySet& set, std::uint32_t region) {
    const auto known = stale_.empty() ? stale_.end() : stale_.find(location_of(set, region));
    return known != stale_.end() && now_ < known->second.until ? &known->second : nullptr;
}

bool KmsModel::is_visible(const Alias& alias) const {
    return alias.visible_from <= now_;
}

}  // namespace keyferry::simulator

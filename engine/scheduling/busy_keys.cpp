// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/busy_keys.hpp"

#include <cassert>
#include <utility>

namespace keyferry::engine {

BusyKeys::BusyKeys(std::chrono::milliseconds spacing) : spacing_(spacing) {
    assert(spacing.count() >= 0);
}

void BusyKeys::hold(const LaneCall& call) {
    const auto key = keys_.find(call.call.key);
    assert(key != keys_.end());
    key->second.held.push_back(call);
    ++held_;
}

void BusyKeys::started(std::uint32_t key, io::Moment now) {
    const bool is_new = keys_.emplace(key, Key{true, false, now + spacing_, {}}).second;
    assert(is_new);
    spacings_.push_back(Spacing{now + spacing_, key});
}

void BusyKeys::left_late(std::uint32_t key, io::Moment now) {
    Key& late = keys_.at(key);
    assert(late.in_flight);
    late.is_spaced = false;
    late.spaced_at = now + spacing_;
    spacings_.push_back(Spacing{late.spaced_at, key});
}

void BusyKeys::finished(std::uint32_t key, std::vector<LaneCall>& released) {
    const auto found = keys_.find(key);
    assert(found != keys_.end() && found->second.in_flight);
    found->second.in_flight = false;
    if (found->second.is_spaced) {
        release(found, released);
    }
}

void BusyKeys::release_due(io::Moment now, std::vector<LaneCall>& released) {
    while (!spacings_.empty() && spacings_.front().ends_at <= now) {
        const auto key = keys_.find(spacings_.front().key);
        const io::Moment ends_at = spacings_.front().ends_at;
        spacings_.pop_front();
        if (key == keys_.end() || key->second.spaced_at != ends_at) {
            continue;  // the call was sent late, so a later spacing applies
        }
        key->second.is_spaced = true;
        if (!key->second.in_flight) {
            release(key, released);
        }
    }
}

std::optional<io::Moment> BusyKeys::release_at() const {
    return held_ == 0 || spacings_.empty() ? std::nullopt
                                           : std::optional(spacings_.front().ends_at);
}

void BusyKeys::release(Keys::iterator key, std::vector<LaneCall>& released) {
    held_ -= key->second.held.size();
    released.insert(released.end(), key->second.held.begin(), key->second.held.end());
    keys_.erase(key);
}

}  // namespace keyferry::engine

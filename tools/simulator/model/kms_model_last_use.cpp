// SPDX-License-Identifier: Apache-2.0
// KmsModel: when keys were last used.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <utility>

namespace keyferry::simulator {

void KmsModel::record_use(const Found& key, io::KmsApi api, const SimulatedTime& time) {
    if (api != io::KmsApi::get_public_key) {  // KMS does not report uses by GetPublicKey
        last_uses_[location_of(*key.set, key.key->region)] = LastUse{api, unix_ms(time.wall)};
        note_use(key);
    }
}

void KmsModel::forget_uses(const KeySet& set, std::uint32_t region) {
    last_uses_.erase(location_of(set, region));
    if (set.keys.empty() && set.life) {
        for (const KeyMaterial& material : set.life->materials) {
            materials_.forget_imported(material.id);
        }
    }
}

Handled<GetKeyLastUsageResult> KmsModel::respond(const io::AccountRegion& place,
                                                 const GetKeyLastUsageRequest& request,
                                                 const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "GetKeyLastUsage", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    GetKeyLastUsageResult result;
    result.key_id = arn_of(*key.set, key.key->region);
    result.created_s = unix_s(key.key->created_ms);
    result.tracked_since_s = result.created_s;
    const auto use = last_uses_.find(location_of(*key.set, key.key->region));
    if (use != last_uses_.end()) {
        result.operation = io::name_of(use->second.api);
        result.used_s = unix_s(use->second.at_ms);
    }
    return {std::move(result), {}};
}

}  // namespace keyferry::simulator

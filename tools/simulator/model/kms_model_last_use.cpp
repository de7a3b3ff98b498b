// SPDX-License-Identifier: Apache-2.0
// KmsModel: when keys were last used.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

void KmsModel::record_use(const Found& key, io::KmsApi api, const SimulatedTime& time) {
    if (api != io::KmsApi::get_public_key) {  // KMS does not report uses by GetPublicKey
        last_uses_[location_of(*key.set, key.key->region)] = LastUse{api, unix_ms(time.wall)};
        note_change(*key.set);
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

void KmsModel::append_uses(const KeySet& set, ObjectText& record) const {
    if (last_uses_.empty()) {  // in most simulations, no key is used
        return;
    }
    std::string uses;
    for (const RegionalKey& key : set.keys) {
        const auto use = last_uses_.find(location_of(set, key.region));
        if (use == last_uses_.end()) {
            continue;
        }
        uses.append(uses.empty() ? "" : ",");
        ObjectText each(uses);
        each.text("region", std::string_view(table_.names().text(key.region)));
        each.text("operation", io::name_of(use->second.api));
        each.whole("at_ms", use->second.at_ms);
        each.close();
    }
    if (!uses.empty()) {
        record.member("last_uses").append("[").append(uses).append("]");
    }
}

void KmsModel::load_uses(const KeySet& set, const boost::json::object& record) {
    const auto* uses = record.if_contains("last_uses");
    if (uses == nullptr) {
        return;
    }
    for (const auto& item : uses->as_array()) {
        const std::string_view region = item.at("region").as_string();
        const auto api = io::kms_api_named(std::string_view(item.at("operation").as_string()));
        if (!api) {
            throw std::runtime_error("a key was last used by an unknown operation");
        }
        last_uses_[location_of(set, table_.names().number(region))] =
            LastUse{*api, item.at("at_ms").as_int64()};
    }
}

}  // namespace keyferry::simulator

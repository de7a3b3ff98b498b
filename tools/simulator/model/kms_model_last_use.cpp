// SPDX-License-Identifier: Apache-2.0
// KmsModel: when keys were last used, and the seed of their material in saved states.
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

void KmsModel::record_use(const Found& key, io::KmsApi api, const SimulatedTime& time) {
    if (api != io::KmsApi::get_public_key) {  // KMS does not report it
        last_uses_[location_of(*key.set, key.key->region)] = LastUse{api, unix_ms(time.wall)};
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

void KmsModel::append_uses(std::string& text) const {
    if (last_uses_.empty()) {  // most simulations use no key
        text.append("[]");
        return;
    }
    char before = '[';
    for (const KeySet& set : table_.sets()) {
        for (const RegionalKey& key : set.keys) {
            const auto use = last_uses_.find(location_of(set, key.region));
            if (use == last_uses_.end()) {
                continue;
            }
            text.push_back(before);
            before = ',';
            ObjectText object(text);
            object.text("arn", std::string_view(arn_of(set, key.region)));
            object.text("operation", io::name_of(use->second.api));
            object.whole("at_ms", use->second.at_ms);
            object.close();
        }
    }
    text.append(before == '[' ? "[]" : "]");
}

void KmsModel::load_uses(const boost::json::object& state) {
    if (const auto* seed = state.if_contains("material_seed")) {
        const std::string_view text = seed->as_string();
        std::uint64_t number = 0;
        const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || rest != text.data() + text.size()) {
            throw std::runtime_error("the seed of the key material is not a number");
        }
        materials_.change_seed(number);
    }
    if (const auto* uses = state.if_contains("last_uses")) {
        for (const auto& item : uses->as_array()) {
            const auto arn = io::KeyArn::parse(std::string_view(item.at("arn").as_string()));
            const auto api = io::kms_api_named(std::string_view(item.at("operation").as_string()));
            const auto key = arn ? known_key(*arn) : std::nullopt;
            if (!key || !api) {
                throw std::runtime_error("a use of a key that does not exist");
            }
            last_uses_[location_of(*key->set, key->key->region)] =
                LastUse{*api, item.at("at_ms").as_int64()};
        }
    }
}

}  // namespace keyferry::simulator

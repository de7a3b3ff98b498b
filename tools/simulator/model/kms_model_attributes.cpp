// SPDX-License-Identifier: Apache-2.0
// KmsModel: tags, policies and descriptions of keys.
#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/policy/key_policy.hpp"
#include "tools/simulator/requests/list_page.hpp"
#include "tools/simulator/requests/request_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::int32_t kListResourceTagsLimitDefault = 50;
constexpr std::string_view kPolicyName = "default";

}  // namespace

std::string KmsModel::policy_of(const RegionalKey& key, const io::AccountRegion& place) const {
    return key.policy != 0
               ? table_.texts().text(key.policy)
               : default_key_policy(place.account.digits(), place.region.partition().name);
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::key_to_change(const io::AccountRegion& place,
                                                                  io::KmsApi api,
                                                                  std::string_view key_id,
                                                                  io::Moment now) {
    auto found = find_key(place, name_of(api), key_id);
    const Found* key = std::get_if<Found>(&found);
    if (key == nullptr) {
        return found;
    }
    const std::string arn = arn_of(*key->set, key->key->region);
    if (auto refusal = check_key_state(api, key->key->state(now), arn)) {
        return *std::move(refusal);
    }
    if (now - settings_.hot_key_spacing < key->key->changed_at) {
        return refusal_throttled();
    }
    record_stale(*key->set, key->key->region, key->key, now);
    note_change(*key->set);
    return found;
}

Handled<io::EmptyResult> KmsModel::changed(const Found& key,
                                           EffectKind kind,
                                           const io::AccountRegion& place,
                                           io::Moment now) {
    key.key->changed_at = now;
    return {io::EmptyResult(), Effect{kind, key.set->id, place.region.name()}};
}

Handled<io::ListResourceTagsResult> KmsModel::respond(const io::AccountRegion& place,
                                                      const io::ListResourceTagsRequest& request,
                                                      const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "ListResourceTags", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const std::vector<io::Tag> tags =
        unpacked_tags(table_.texts().text(std::get<Found>(found).key->tags));
    const auto limit =
        static_cast<std::size_t>(request.limit.value_or(kListResourceTagsLimitDefault));
    auto paged = page_of("tags-from-", tags.size(), limit, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    io::ListResourceTagsResult result;
    for (const io::Tag& tag : std::span(tags).subspan(page.begin, page.end - page.begin)) {
        result.tags.push_back(tag);
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

Handled<io::GetKeyPolicyResult> KmsModel::respond(const io::AccountRegion& place,
                                                  const io::GetKeyPolicyRequest& request,
                                                  const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "GetKeyPolicy", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    if (request.policy_name && *request.policy_name != kPolicyName) {
        return {refusal_no_such_policy(), {}};
    }
    io::GetKeyPolicyResult result;
    result.policy = policy_of(*std::get<Found>(found).key, place);
    result.policy_name = kPolicyName;
    return {std::move(result), {}};
}

Handled<ListKeyPoliciesResult> KmsModel::respond(const io::AccountRegion& place,
                                                 const ListKeyPoliciesRequest& request,
                                                 const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "ListKeyPolicies", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    // There is only one name and therefore only one page, so no marker is valid.
    auto paged = page_of("policies-from-", 1, 1, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListKeyPoliciesResult result;
    result.policy_names.emplace_back(kPolicyName);
    return {std::move(result), {}};
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::PutKeyPolicyRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::put_key_policy, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    if (request.policy_name && *request.policy_name != kPolicyName) {
        return {refusal_no_such_policy(), {}};
    }
    const Found& key = std::get<Found>(found);
    const NewPolicy policy{request.policy,
                           request.bypass_policy_lockout_safety_check.value_or(false),
                           arn_of(*key.set, key.key->region),
                           key.set,
                           key.key->region == key.set->primary_region,
                           unpacked_tags(table_.texts().text(key.key->tags))};
    if (auto refusal = check_new_policy(policy, place, time)) {
        return {*std::move(refusal), {}};
    }
    key.key->policy = table_.texts().number(request.policy);
    return changed(key, EffectKind::policy_changed, place, time.now);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::TagResourceRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::tag_resource, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    if (auto refusal = check_tags(request.tags)) {
        return {*std::move(refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    std::vector<io::Tag> tags = unpacked_tags(table_.texts().text(key.key->tags));
    for (const io::Tag& tag : request.tags) {
        const auto known = std::find_if(
            tags.begin(), tags.end(), [&](const io::Tag& other) { return other.key == tag.key; });
        if (known == tags.end()) {
            tags.push_back(tag);
        } else {
            known->value = tag.value;
        }
    }
    std::vector<io::Tag> own = tags;
    std::erase_if(own, [](const io::Tag& tag) {
        return check_tag_keys({&tag.key, 1}).has_value();  // generated by AWS
    });
    if (auto refusal = check_tags(own)) {  // with the existing tags, the limit may be exceeded
        return {*std::move(refusal), {}};
    }
    key.key->tags = table_.texts().number(packed_tags(tags));
    return changed(key, EffectKind::tags_changed, place, time.now);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::UntagResourceRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::untag_resource, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    if (auto refusal = check_tag_keys(request.tag_keys)) {
        return {*std::move(refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    std::vector<io::Tag> tags = unpacked_tags(table_.texts().text(key.key->tags));
    std::erase_if(tags, [&](const io::Tag& tag) {
        return std::find(request.tag_keys.begin(), request.tag_keys.end(), tag.key) !=
               request.tag_keys.end();
    });
    key.key->tags = table_.texts().number(packed_tags(tags));
    return changed(key, EffectKind::tags_changed, place, time.now);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::UpdateKeyDescriptionRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::update_key_description, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    key.key->description = table_.texts().number(request.description);
    return changed(key, EffectKind::description_changed, place, time.now);
}

}  // namespace keyferry::simulator

// The part of KmsModel that answers for what belongs to keys: aliases, tags and policies.
#include "tools/simulator/key_policy.hpp"
#include "tools/simulator/kms_model.hpp"
#include "tools/simulator/list_page.hpp"
#include "tools/simulator/request_checks.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry {

namespace {

constexpr std::int32_t kListAliasesLimitDefault = 50;
constexpr std::int32_t kListResourceTagsLimitDefault = 50;
constexpr std::string_view kPolicyName = "default";

AliasListEntry entry_of(const Alias& alias, const Place& place) {
    constexpr double kMillisecondsPerSecond = 1000;
    AliasListEntry entry;
    entry.alias_name = alias.name;
    entry.alias_arn = fmt::format("arn:{}:kms:{}:{}:{}",
                                  place.region.partition().name,
                                  place.region.name(),
                                  place.account.digits(),
                                  alias.name);
    if (alias.target) {
        entry.target_key_id = alias.target->text();
    }
    entry.creation_date_s = static_cast<double>(alias.created_ms) / kMillisecondsPerSecond;
    entry.last_updated_date_s = entry.creation_date_s;  // nothing here updates aliases
    return entry;
}

}  // namespace

std::string KmsModel::policy_of(const RegionalKey& key, const Place& place) const {
    return key.policy != 0
               ? table_.texts().text(key.policy)
               : default_key_policy(place.account.digits(), place.region.partition().name);
}

const AliasTable* KmsModel::aliases_in(const Place& place) const {
    const auto known = aliases_.find(place);
    return known == aliases_.end() ? nullptr : &known->second;
}

Handled<ListAliasesResult> KmsModel::handle(const Place& place,
                                            const ListAliasesRequest& request,
                                            const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    static const AliasTable kNone;
    const AliasTable* known = aliases_in(place);
    const AliasTable& aliases = known != nullptr ? *known : kNone;
    std::optional<std::span<const std::size_t>> of_key;
    if (request.key_id) {
        auto found = find_key(place, "ListAliases", *request.key_id);
        if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
            return {std::move(*refusal), {}};
        }
        of_key = aliases.of(std::get<Found>(found).set->id);
    }
    const auto limit = static_cast<std::size_t>(request.limit.value_or(kListAliasesLimitDefault));
    const std::size_t entries = of_key ? of_key->size() : aliases.all().size();
    auto paged = page_of("aliases-from-", entries, limit, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    ListAliasesResult result;
    for (std::size_t i = page.begin; i < page.end; ++i) {
        const std::size_t position = of_key ? (*of_key)[i] : i;
        result.aliases.push_back(entry_of(aliases.all()[position], place));
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

Handled<ListResourceTagsResult> KmsModel::handle(const Place& place,
                                                 const ListResourceTagsRequest& request,
                                                 const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "ListResourceTags", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const std::vector<Tag> tags =
        unpacked_tags(table_.texts().text(std::get<Found>(found).key->tags));
    const auto limit =
        static_cast<std::size_t>(request.limit.value_or(kListResourceTagsLimitDefault));
    auto paged = page_of("tags-from-", tags.size(), limit, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    ListResourceTagsResult result;
    for (const Tag& tag : std::span(tags).subspan(page.begin, page.end - page.begin)) {
        result.tags.push_back(tag);
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

Handled<GetKeyPolicyResult> KmsModel::handle(const Place& place,
                                             const GetKeyPolicyRequest& request,
                                             const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "GetKeyPolicy", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    if (request.policy_name && *request.policy_name != kPolicyName) {
        // No record of the code nor of the text.
        return {KmsRefusal(KmsErrorCode::not_found, "No such policy exists"), {}};
    }
    GetKeyPolicyResult result;
    result.policy = policy_of(*std::get<Found>(found).key, place);
    result.policy_name = kPolicyName;
    return {std::move(result), {}};
}

}  // namespace keyferry

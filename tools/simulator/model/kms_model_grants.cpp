// SPDX-License-Identifier: Apache-2.0
// KmsModel: grants.
#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/list_page.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::int32_t kListGrantsLimitDefault = 50;
constexpr std::string_view kTokenPrefix = "simulated-grant/";

KmsRefusal refusal_no_such_grant(std::string_view id) {
    return {io::KmsErrorCode::not_found,  // KMS's message is unknown
            fmt::format("Grant ID {} not found", id)};
}

/// A token that identifies its grant; KMS's own tokens are opaque.
std::string token_of(const Grant& grant, std::string_view key_arn) {
    return fmt::format("{}{}/{}", kTokenPrefix, grant.id, key_arn);
}

bool is_same(const Grant& grant, const CreateGrantRequest& request) {
    return grant.name == request.name && grant.grantee == request.grantee_principal &&
           grant.grantee_service == request.grantee_service_principal &&
           grant.retiring == request.retiring_principal &&
           grant.retiring_service == request.retiring_service_principal &&
           grant.operations == request.operations && grant.constraints == request.constraints;
}

/// Whether the ARN names a principal of the account, or the account itself.
bool is_in_account(std::string_view arn, std::string_view account) {
    constexpr int kColonsBefore = 4;  // "arn:aws:iam::111122223333:role/app"
    for (int i = 0; i < kColonsBefore; ++i) {
        const std::size_t colon = arn.find(':');
        if (colon == std::string_view::npos) {
            return false;
        }
        arn.remove_prefix(colon + 1);
    }
    return arn.substr(0, arn.find(':')) == account;
}

/// Returns one page of the entries.
Handled<ListGrantsResult> page_of_grants(std::vector<GrantListEntry> entries,
                                         std::optional<std::int32_t> limit,
                                         const std::optional<std::string>& marker) {
    auto paged = page_of("grants-from-",
                         entries.size(),
                         static_cast<std::size_t>(limit.value_or(kListGrantsLimitDefault)),
                         marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    ListGrantsResult result;
    for (std::size_t i = page.begin; i < page.end; ++i) {
        result.grants.push_back(std::move(entries[i]));
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

}  // namespace

GrantListEntry KmsModel::grant_entry(const Grant& grant, std::string key_arn) const {
    GrantListEntry entry;
    const std::string partition = key_arn.substr(0, key_arn.find(":kms:"));  // "arn:aws"
    entry.key_id = std::move(key_arn);
    entry.grant_id = grant.id;
    entry.name = grant.name.empty() ? std::nullopt : std::optional(grant.name);
    entry.creation_date_s = unix_s(grant.created_ms);
    entry.grantee_principal = grant.grantee;
    entry.grantee_service_principal = grant.grantee_service;
    entry.retiring_principal = grant.retiring;
    entry.retiring_service_principal = grant.retiring_service;
    entry.issuing_account = fmt::format("{}:iam::{}:root", partition, grant.issuing_account);
    entry.operations = grant.operations;
    entry.constraints = grant.constraints;
    return entry;
}

Handled<CreateGrantResult> KmsModel::respond(const io::AccountRegion& place,
                                             const CreateGrantRequest& request,
                                             const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "CreateGrant", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    const std::string arn = arn_of(*key.set, key.key->region);
    if (auto refusal = check_key_state(io::KmsApi::create_grant, key.key->state(time.now), arn)) {
        return {*std::move(refusal), {}};
    }
    if (auto refusal = check_new_grant(request, key)) {
        return {*std::move(refusal), {}};
    }
    if (request.dry_run.value_or(false)) {
        return {refusal_dry_run(), {}};
    }
    CreateGrantResult result;
    const GrantTable::Key location = location_of(*key.set, key.key->region);
    // If a request has a name and matches an existing grant, it returns that grant.
    const auto* grants = grants_.of(location);
    if (request.name && grants != nullptr) {
        const auto same = std::find_if(grants->begin(), grants->end(), [&](const Grant& each) {
            return is_same(each, request);
        });
        if (same != grants->end()) {
            result.grant_id = same->id;
            result.grant_token = token_of(*same, arn);
            return {std::move(result), {}};
        }
    }
    Grant grant;
    for (int i = 0; i < 4; ++i) {
        grant.id += fmt::format("{:016x}", grant_ids_.next());
    }
    grant.created_ms = unix_ms(time.wall);
    grant.issuing_account = place.account.digits();
    grant.name = request.name.value_or("");
    grant.grantee = request.grantee_principal;
    grant.grantee_service = request.grantee_service_principal;
    grant.retiring = request.retiring_principal;
    grant.retiring_service = request.retiring_service_principal;
    grant.operations = request.operations;
    grant.constraints = request.constraints;
    const Grant& added = grants_.add(location, std::move(grant));
    note_grant_change(key, added.id);
    result.grant_id = added.id;
    result.grant_token = token_of(added, arn);
    return {std::move(result), Effect{EffectKind::grant_created, key.set->id, place.region.name()}};
}

Handled<ListGrantsResult> KmsModel::respond(const io::AccountRegion& place,
                                            const ListGrantsRequest& request,
                                            const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "ListGrants", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    const auto has = [](const auto& wanted, const auto& value) {
        return !wanted || wanted == value;
    };
    std::vector<GrantListEntry> entries;
    if (const auto* grants = grants_.of(location_of(*key.set, key.key->region))) {
        for (const Grant& grant : *grants) {
            if (has(request.grant_id, std::optional(grant.id)) &&
                has(request.grantee_principal, grant.grantee) &&
                has(request.grantee_service_principal, grant.grantee_service)) {
                entries.push_back(grant_entry(grant, arn_of(*key.set, key.key->region)));
            }
        }
    }
    return page_of_grants(std::move(entries), request.limit, request.marker);
}

Handled<ListGrantsResult> KmsModel::respond(const io::AccountRegion& place,
                                            const ListRetirableGrantsRequest& request,
                                            const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    // "You must specify a principal in your AWS account", and the filter by service principal "is
    // only usable by callers in a service principal" (KMS API Reference). KMS's errors are unknown.
    const std::string& principal = request.retiring_principal ? *request.retiring_principal
                                                              : *request.retiring_service_principal;
    if (request.retiring_service_principal || !is_in_account(principal, place.account.digits())) {
        const PolicyIdentity by_default(place.account);
        const PolicyIdentity& caller = caller_ != nullptr ? *caller_->identity : by_default;
        return {KmsRefusal(io::KmsErrorCode::access_denied,
                           fmt::format("User: {} is not authorized to perform: "
                                       "kms:ListRetirableGrants on resource: {} because no "
                                       "resource-based policy allows the kms:ListRetirableGrants "
                                       "action",
                                       caller.arn(place.region.partition().name),
                                       principal)),
                {}};
    }
    const auto region = table_.names().find(place.region.name());
    // The grants may be for keys of other accounts.
    std::vector<GrantListEntry> entries;
    for (const auto& [location, grants] : grants_.all()) {
        const auto& [account, high, low, grant_region] = location;
        if (region != grant_region) {
            continue;
        }
        for (const Grant& grant : grants) {
            if (grant.retiring == principal) {
                entries.push_back(grant_entry(grant, key_arn_at(location)));
            }
        }
    }
    return page_of_grants(std::move(entries), request.limit, request.marker);
}

std::string KmsModel::key_arn_at(const KeyLocation& location) const {
    const auto& [account, high, low, region] = location;
    PackedKeyId id;
    id.high = high;
    id.low = low;
    for (const bool multi_region : {true, false}) {
        id.multi_region = multi_region;
        if (const KeySet* set = table_.find(account, id)) {
            return arn_of(*set, region);
        }
    }
    return {};
}

std::variant<KmsModel::FoundGrant, KmsRefusal> KmsModel::find_grant(const io::AccountRegion& place,
                                                                    std::string_view operation,
                                                                    std::string_view key_id,
                                                                    std::string_view grant_id) {
    auto found = find_key(place, operation, key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return std::move(*refusal);
    }
    const Found& key = std::get<Found>(found);
    const Grant* grant = grants_.find(location_of(*key.set, key.key->region), grant_id);
    if (grant == nullptr) {
        return refusal_no_such_grant(grant_id);
    }
    return FoundGrant{key, grant};
}

Handled<io::EmptyResult> KmsModel::end_grant(const FoundGrant& found,
                                             bool is_dry_run,
                                             const io::AccountRegion& place) {
    if (is_dry_run) {
        return {refusal_dry_run(), {}};
    }
    const std::string id = found.grant->id;
    grants_.remove(location_of(*found.key.set, found.key.key->region), id);
    note_grant_change(found.key, id);
    return {io::EmptyResult(),
            Effect{EffectKind::grant_ended, found.key.set->id, place.region.name()}};
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const RetireGrantRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    std::string key_id = request.key_id.value_or("");
    std::string grant_id = request.grant_id.value_or("");
    if (request.grant_token) {
        const std::string_view token = *request.grant_token;
        const std::size_t end = token.rfind("/arn:");
        if (token.substr(0, kTokenPrefix.size()) != kTokenPrefix || end == std::string_view::npos ||
            end < kTokenPrefix.size()) {
            return {KmsRefusal(io::KmsErrorCode::other, "InvalidGrantTokenException", ""), {}};
        }
        grant_id = token.substr(kTokenPrefix.size(), end - kTokenPrefix.size());
        key_id = token.substr(end + 1);
    }
    auto found = find_grant(place, "RetireGrant", key_id, grant_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const FoundGrant& grant = std::get<FoundGrant>(found);
    if (caller_ != nullptr) {
        if (auto refusal = check_retirement(authorization_request(request), grant, place, time)) {
            return {*std::move(refusal), {}};
        }
    }
    return end_grant(grant, request.dry_run.value_or(false), place);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const RevokeGrantRequest& request,
                                           const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_grant(place, "RevokeGrant", request.key_id, request.grant_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    return end_grant(std::get<FoundGrant>(found), request.dry_run.value_or(false), place);
}

}  // namespace keyferry::simulator

// SPDX-License-Identifier: Apache-2.0
// KmsModel: whether the caller may send a request, and which grants and key policies KMS accepts.
#include "tools/simulator/cryptography/symmetric_ciphertext.hpp"
#include "tools/simulator/model/grant_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/policy/key_policy.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::size_t kGrantsPerKeyMax = 50'000;  // KMS quota "Grants per KMS key"

std::string action_of(const AuthorizationRequest& authorization) {
    return fmt::format("kms:{}", authorization.permission);
}

/// Returns the key that a request refers to: as sent, or as named by its ciphertext.
std::string key_id_of(std::string_view key_id, std::string_view ciphertext) {
    if (key_id.empty() && !ciphertext.empty()) {
        const auto origin = ciphertext_origin(ciphertext);
        return origin ? origin->key.text() : std::string();
    }
    return std::string(key_id);
}

bool has_policies(const PolicyCaller& caller) {
    return caller.identity->policies != nullptr || caller.identity->session_policies != nullptr ||
           caller.service_control_policies != nullptr;
}

/// Returns the alias name if a request specifies its key by alias ("alias/orders" or an alias ARN);
/// otherwise an empty string.
std::string_view alias_in(std::string_view key_id) {
    if (key_id.substr(0, kAliasPrefix.size()) == kAliasPrefix) {
        return key_id;
    }
    const std::size_t resource = key_id.rfind(':');
    const bool is_alias_arn = resource != std::string_view::npos &&
                              key_id.substr(resource + 1, kAliasPrefix.size()) == kAliasPrefix;
    return is_alias_arn ? key_id.substr(resource + 1) : std::string_view();
}

/// Adds the condition keys for the properties that related keys share.
void add_key_type(const KeySet& set, bool is_primary, RequestContext& context) {
    const std::string_view multi_region_type = is_primary ? "PRIMARY" : "REPLICA";
    add_key_type(key_specs()[set.spec].name,
                 name_of(set.usage),
                 name_of(set.origin),
                 set.id.multi_region ? multi_region_type : "",
                 context);
}

/// KMS's error for a caller that may create a key but not tag it, with KMS's exact message.
KmsRefusal refusal_tags_at_creation() {
    return {io::KmsErrorCode::access_denied,
            "You don't have the kms:TagResource permission that is required to add tags during key "
            "creation."};
}

KmsRefusal refusal_grant_quota() {
    return {io::KmsErrorCode::limit_exceeded,  // KMS's message is unknown
            fmt::format("A KMS key can have at most {} grants.", kGrantsPerKeyMax)};
}

}  // namespace

PolicyRequest KmsModel::policy_request_in(const io::AccountRegion& place,
                                          std::string_view action,
                                          std::string_view resource,
                                          const SimulatedTime& time) const {
    PolicyRequest request =
        policy_request(*caller_, place.region.partition().name, action, resource);
    request.context.add("aws:RequestedRegion", place.region.name());
    const auto now = std::chrono::floor<std::chrono::seconds>(time.wall);
    request.context.add("aws:CurrentTime",
                        fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                                    fmt::gmtime(std::chrono::system_clock::to_time_t(now))));
    request.context.add("aws:EpochTime", fmt::to_string(now.time_since_epoch().count()));
    return request;
}

void KmsModel::add_key_context(const KeySet& set,
                               const RegionalKey& key,
                               RequestContext& context) const {
    for (const io::Tag& tag : unpacked_tags(table_.texts().text(key.tags))) {
        context.add("aws:ResourceTag/" + tag.key, tag.value);
    }
    const std::string& account = table_.names().text(set.account);
    context.add("aws:ResourceAccount", account);
    add_key_type(set, key.region == set.primary_region, context);
    const io::AccountRegion place(io::AccountId::parse(account).value(),
                                  io::Region::parse(table_.names().text(key.region)).value());
    if (const AliasTable* aliases = aliases_in(place)) {
        for (const std::size_t position : aliases->of(set.id)) {
            context.add("kms:ResourceAliases", aliases->all()[position].name);
        }
    }
}

void KmsModel::add_use_context(const AuthorizationRequest& authorization,
                               const Found& key,
                               const io::Region& region,
                               const SimulatedTime& time,
                               RequestContext& context) {
    if (authorization.api == io::KmsApi::disable_key ||
        authorization.api == io::KmsApi::schedule_key_deletion) {
        const auto use = last_uses_.find(location_of(*key.set, key.key->region));
        const std::int64_t since_ms =
            use == last_uses_.end() ? key.key->created_ms : use->second.at_ms;
        context.add("kms:TrailingDaysWithoutKeyUsage",
                    fmt::to_string((unix_ms(time.wall) - since_ms) / kMillisecondsPerDay));
    }
    if (const ReEncryptRequest* request = authorization.re_encryption) {
        const io::AccountRegion place(caller_->identity->account, region);
        const auto set_of = [&](const std::string& key_id) {
            const auto found = find_key(place, name_of(authorization.api), key_id);
            return std::holds_alternative<Found>(found) ? std::get<Found>(found).set : nullptr;
        };
        const bool is_same = set_of(request->key_id) ==
                             set_of(key_id_of(request->source_key_id, request->ciphertext));
        context.add("kms:ReEncryptOnSameKey", is_same ? "true" : "false");
    }
}

const PolicyDocument& KmsModel::policy_document(std::uint32_t text) {
    auto& known = policies_[text];
    if (!known) {
        auto parsed = parse_policy(table_.texts().text(text), PolicyKind::existing_key);
        // A policy that KMS would reject can only have been set without a request. It is treated as
        // a policy that allows nothing.
        known = std::make_unique<PolicyDocument>(parsed ? *std::move(parsed) : PolicyDocument());
    }
    return *known;
}

PolicyRequest KmsModel::key_policy_request(const AuthorizationRequest& authorization,
                                           const Found& key,
                                           const io::Region& region,
                                           const SimulatedTime& time) {
    PolicyRequest request = policy_request_in(io::AccountRegion(caller_->identity->account, region),
                                              action_of(authorization),
                                              arn_of(*key.set, key.key->region),
                                              time);
    authorization.add_context(request.context);
    add_key_context(*key.set, *key.key, request.context);
    add_use_context(authorization, key, region, time, request.context);
    if (const std::string_view alias = alias_in(authorization.key_id); !alias.empty()) {
        request.context.add("kms:RequestAlias", alias);
    }
    return request;
}

std::optional<KmsRefusal> KmsModel::check_key_access(const AuthorizationRequest& authorization,
                                                     const Found& key,
                                                     const io::Region& region,
                                                     const SimulatedTime& time) {
    const std::string& account = table_.names().text(key.set->account);
    const bool is_own = account == caller_->identity->account.digits();
    if (key.key->policy == 0 && is_own && !has_policies(*caller_)) {
        return std::nullopt;
    }
    const PolicyRequest request = key_policy_request(authorization, key, region, time);
    const PolicyDocument by_default = default_key_policy_document(account);
    KeyAccess access{key.key->policy == 0 ? &by_default : &policy_document(key.key->policy),
                     account};
    if (const auto* grants = grants_.of(location_of(*key.set, key.key->region))) {
        for (const Grant& grant : *grants) {
            if (allows(grant, request, authorization)) {
                access.is_granted = true;
                access.is_granted_to_session |= grant.grantee == request.caller_arn;
            }
        }
    }
    return simulator::check_key_access(*caller_, request, access);
}

std::optional<KmsRefusal> KmsModel::check_retirement(const AuthorizationRequest& authorization,
                                                     const FoundGrant& found,
                                                     const io::AccountRegion& place,
                                                     const SimulatedTime& time) {
    PolicyRequest request = key_policy_request(authorization, found.key, place.region, time);
    add_grant_constraints(found.grant->constraints, request.context);
    if (!may_retire(*found.grant, request)) {
        return check_key_access(authorization, found.key, place.region, time);
    }
    const std::uint32_t policy = found.key.key->policy;
    const std::string& account = table_.names().text(found.key.set->account);
    const PolicyDocument by_default = default_key_policy_document(account);
    return check_key_denials(
        *caller_,
        request,
        KeyAccess{policy == 0 ? &by_default : &policy_document(policy), account});
}

std::optional<KmsRefusal> KmsModel::check_key_in(const AuthorizationRequest& authorization,
                                                 std::string_view key_id,
                                                 const io::AccountRegion& place,
                                                 const SimulatedTime& time) {
    auto found = find_key(place, name_of(authorization.api), key_id);
    const Found* key = std::get_if<Found>(&found);
    // If the key does not exist, the operation itself reports this.
    return key != nullptr ? check_key_access(authorization, *key, place.region, time)
                          : std::nullopt;
}

std::optional<KmsRefusal> KmsModel::check_identity(const AuthorizationRequest& authorization,
                                                   const io::AccountRegion& place,
                                                   std::string_view resource,
                                                   const SimulatedTime& time) {
    if (!has_policies(*caller_)) {
        return std::nullopt;
    }
    PolicyRequest request = policy_request_in(place, action_of(authorization), resource, time);
    authorization.add_context(request.context);
    return check_identity_access(*caller_, request);
}

std::optional<KmsRefusal> KmsModel::check_alias_access(const AuthorizationRequest& authorization,
                                                       const io::AccountRegion& place,
                                                       const SimulatedTime& time) {
    if (auto refusal =
            check_identity(authorization, place, arn_in(place, authorization.alias), time)) {
        return refusal;
    }
    const AliasTable* aliases = aliases_in(place);
    const Alias* alias = aliases != nullptr ? aliases->find(authorization.alias) : nullptr;
    if (authorization.api != io::KmsApi::create_alias && alias != nullptr && alias->target) {
        if (auto refusal = check_key_in(authorization, alias->target->text(), place, time)) {
            return refusal;
        }
    }
    return authorization.key_id.empty()
               ? std::nullopt
               : check_key_in(authorization, authorization.key_id, place, time);
}

std::optional<KmsRefusal> KmsModel::check_creation(const AuthorizationRequest& authorization,
                                                   const KeySet* set,
                                                   const io::AccountRegion& place,
                                                   const SimulatedTime& time) {
    if (!has_policies(*caller_)) {
        return std::nullopt;
    }
    PolicyRequest request = policy_request_in(place, "kms:CreateKey", "*", time);
    // KMS's own message is unknown; this one says where the permission is missing.
    request.shown_resource = arn_in(place, "key/*");
    authorization.add_context(request.context);
    if (set != nullptr) {
        // Whether KMS checks these keys for the CreateKey that is part of ReplicateKey is not
        // documented.
        add_key_type(*set, false, request.context);
    }
    if (auto refusal = check_identity_access(*caller_, request)) {
        return refusal;
    }
    if (!authorization.has_tags) {
        return std::nullopt;
    }
    request.action = "kms:TagResource";
    // The ID of a key that CreateKey creates is not known yet. A replica has the ID of its primary.
    request.resource =
        arn_in(place, set != nullptr ? fmt::format("key/{}", set->id.text()) : "key/*");
    return check_identity_access(*caller_, request) ? std::optional(refusal_tags_at_creation())
                                                    : std::nullopt;
}

std::optional<KmsRefusal> KmsModel::check_other_region(const AuthorizationRequest& authorization,
                                                       const io::AccountRegion& place,
                                                       const SimulatedTime& time) {
    if (authorization.api == io::KmsApi::replicate_key && !has_policies(*caller_)) {
        return std::nullopt;  // only identity-based policies apply to the permission required there
    }
    const auto region = io::Region::parse(authorization.other_region);
    auto found = find_key(place, name_of(authorization.api), authorization.key_id);
    const Found* key = std::get_if<Found>(&found);
    if (!region || key == nullptr) {
        return std::nullopt;  // reported by the operation itself
    }
    if (authorization.api == io::KmsApi::replicate_key) {
        return check_creation(
            authorization, key->set, io::AccountRegion(place.account, *region), time);
    }
    const auto number = table_.names().find(region->name());
    RegionalKey* related = number ? key->set->in(*number) : nullptr;
    return related != nullptr
               ? check_key_access(authorization, Found{key->set, related}, *region, time)
               : std::nullopt;
}

std::optional<KmsRefusal> KmsModel::check_access(const io::AccountRegion& place,
                                                 const AuthorizationRequest& authorization,
                                                 const SimulatedTime& time) {
    switch (authorization.api) {
        case io::KmsApi::create_key:
            return check_creation(authorization, nullptr, place, time);
        case io::KmsApi::list_aliases:
        case io::KmsApi::list_keys:
        case io::KmsApi::generate_random:
            return check_identity(authorization, place, "*", time);
        case io::KmsApi::list_retirable_grants:
            // "The authorized resource in ListRetirableGrants calls is the retiring principal
            // specified in the request" (KMS API Reference).
            return check_identity(authorization, place, authorization.retiring_principal, time);
        case io::KmsApi::retire_grant:
            return std::nullopt;  // depends on the grant
        case io::KmsApi::create_alias:
        case io::KmsApi::update_alias:
        case io::KmsApi::delete_alias:
            return check_alias_access(authorization, place, time);
        default:
            break;
    }
    auto refusal = check_key_in(
        authorization, key_id_of(authorization.key_id, authorization.ciphertext), place, time);
    return refusal || authorization.other_region.empty()
               ? refusal
               : check_other_region(authorization, place, time);
}

std::optional<KmsRefusal> KmsModel::check_new_grant(const CreateGrantRequest& request,
                                                    const Found& key) {
    if (!request.grantee_principal && !request.grantee_service_principal) {
        return KmsRefusal(io::KmsErrorCode::validation, "A grantee principal is required.");
    }
    // SYMMETRIC_DEFAULT is the first key spec.
    if (auto refusal = check_grant_for_key(request, key.set->usage, key.set->spec == 0)) {
        return refusal;
    }
    for (const auto* principal : {&request.grantee_principal, &request.retiring_principal}) {
        if (*principal && !principals_.exists_as_grantee(**principal, now_)) {
            return KmsRefusal(
                io::KmsErrorCode::invalid_arn,
                fmt::format("ARN does not refer to a valid principal: {}", **principal));
        }
    }
    const auto* grants = grants_.of(location_of(*key.set, key.key->region));
    return grants != nullptr && grants->size() >= kGrantsPerKeyMax
               ? std::optional(refusal_grant_quota())
               : std::nullopt;
}

std::optional<KmsRefusal> KmsModel::check_new_policy(const NewPolicy& policy,
                                                     const io::AccountRegion& place,
                                                     const SimulatedTime& time) {
    auto parsed = parse_key_policy(policy.text, place.region.partition().name);
    if (auto* refusal = std::get_if<KmsRefusal>(&parsed)) {
        return std::move(*refusal);
    }
    const PolicyDocument& document = std::get<PolicyDocument>(parsed);
    if (!principals_.exist_all(document, time.now)) {
        return refusal_invalid_principal();
    }
    if (policy.is_lockout_allowed) {
        return std::nullopt;
    }
    const PolicyIdentity administrator(place.account);
    const PolicyCaller by_default{&administrator};
    const PolicyCaller* const caller = std::exchange(caller_, caller_ ? caller_ : &by_default);
    PolicyRequest request = policy_request_in(place, "kms:PutKeyPolicy", policy.arn, time);
    caller_ = caller;
    request.context.add("kms:BypassPolicyLockoutSafetyCheck", "false");
    for (const io::Tag& tag : policy.tags) {
        request.context.add("aws:ResourceTag/" + tag.key, tag.value);
    }
    if (policy.set != nullptr) {
        add_key_type(*policy.set, policy.is_primary, request.context);
    }
    return check_lockout(
        document, caller != nullptr ? *caller : by_default, request, place.account.digits());
}

}  // namespace keyferry::simulator

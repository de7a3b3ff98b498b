// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/request_context.hpp"
#include "tools/simulator/requests/kms_operation.hpp"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace keyferry::simulator {

/// The parts of a request that determine whether its caller may send it. Refers to the request,
/// which must outlive this object.
struct AuthorizationRequest {
    io::KmsApi api = io::KmsApi::describe_key;
    std::string_view permission;    ///< the action without "kms:", usually the operation's name
    std::string_view key_id;        ///< as sent; empty: none
    std::string_view ciphertext;    ///< names the key if `key_id` is empty; empty: none
    std::string_view alias;         ///< only for alias operations
    std::string_view other_region;  ///< only for ReplicateKey and UpdatePrimaryRegion
    std::string_view retiring_principal;  ///< only for ListRetirableGrants
    bool has_tags = false;
    const EncryptionContext* encryption_context = nullptr;  ///< null: the request has none
    const CreateGrantRequest* new_grant = nullptr;          ///< only for CreateGrant
    const ReEncryptRequest* re_encryption = nullptr;        ///< only for ReEncrypt
    /// Adds the condition keys whose values are in the request. Not called if no policy applies.
    std::function<void(RequestContext&)> add_context;
};

/// Adds the condition keys for the type of a key. `multi_region_type` is "PRIMARY" or "REPLICA";
/// empty for a single-Region key.
inline void add_key_type(std::string_view spec,
                         std::string_view usage,
                         std::string_view origin,
                         std::string_view multi_region_type,
                         RequestContext& context) {
    // The names that begin with CustomerMasterKey are deprecated.
    for (const char* key : {"kms:KeySpec", "kms:CustomerMasterKeySpec"}) {
        context.add(key, spec);
    }
    for (const char* key : {"kms:KeyUsage", "kms:CustomerMasterKeyUsage"}) {
        context.add(key, usage);
    }
    context.add("kms:KeyOrigin", origin);
    context.add("kms:MultiRegion", multi_region_type.empty() ? "false" : "true");
    if (!multi_region_type.empty()) {
        context.add("kms:MultiRegionKeyType", multi_region_type);
    }
}

/// Adds the condition keys for the pairs of an encryption context.
inline void add_pairs(const EncryptionContext& pairs, RequestContext& context) {
    for (const auto& [key, value] : pairs) {
        context.add(fmt::format("kms:EncryptionContext:{}", key), value);
        context.add("kms:EncryptionContextKeys", key);
    }
}

/// Adds the condition keys for the encryption context constraints of a grant, which apply to
/// CreateGrant and RetireGrant.
inline void add_grant_constraints(const GrantConstraints& constraints, RequestContext& context) {
    if (constraints.equals) {
        context.add("kms:GrantConstraintType", "EncryptionContextEquals");
        add_pairs(*constraints.equals, context);
    } else if (constraints.subset) {
        context.add("kms:GrantConstraintType", "EncryptionContextSubset");
        add_pairs(*constraints.subset, context);
    }
}

namespace authorization_request_detail {

inline void add(RequestContext& context, std::string_view key, const std::string& value) {
    context.add(key, value);
}
inline void add(RequestContext& context, std::string_view key, bool value) {
    context.add(key, value ? "true" : "false");
}
inline void add(RequestContext& context, std::string_view key, std::int32_t value) {
    context.add(key, fmt::to_string(value));
}
inline void add(RequestContext& context, std::string_view key, double value) {
    context.add(key, fmt::to_string(value));
}
template <typename Value>
void add(RequestContext& context, std::string_view key, const std::optional<Value>& value) {
    if (value) {
        add(context, key, *value);
    }
}

/// Adds the members that several requests have in common.
template <typename Request>
void add_common(const Request& request, RequestContext& context) {
    if constexpr (requires { request.bypass_policy_lockout_safety_check; }) {
        context.add("kms:BypassPolicyLockoutSafetyCheck",
                    request.bypass_policy_lockout_safety_check.value_or(false) ? "true" : "false");
    }
    if constexpr (requires { request.tags; }) {
        for (const io::Tag& tag : request.tags) {
            context.add("aws:RequestTag/" + tag.key, tag.value);
            context.add("aws:TagKeys", tag.key);
        }
    }
    if constexpr (requires { request.tag_keys; }) {
        context.set("aws:TagKeys", request.tag_keys);
    }
}

inline void add_encryption(const EncryptionContext& pairs,
                           const std::optional<std::string>& algorithm,
                           RequestContext& context) {
    add_pairs(pairs, context);
    context.add("kms:EncryptionAlgorithm", algorithm.value_or("SYMMETRIC_DEFAULT"));
}

/// Adds the members of CreateGrant.
inline void add_grant(const CreateGrantRequest& request, RequestContext& context) {
    context.set("kms:GrantOperations", request.operations);
    add(context, "kms:GranteePrincipal", request.grantee_principal);
    add(context, "kms:GranteeServicePrincipal", request.grantee_service_principal);
    add(context, "kms:RetiringPrincipal", request.retiring_principal);
    add(context, "kms:RetiringServicePrincipal", request.retiring_service_principal);
    context.add("kms:GrantIsForAWSResource", "false");
    add_grant_constraints(request.constraints, context);
    add(context, "kms:GrantConstraintSourceArn", request.constraints.source_arn);
}

/// Adds the members of cryptographic operations.
template <typename Request>
void add_use(const Request& request, RequestContext& context) {
    if constexpr (requires { request.context; }) {
        if constexpr (requires { request.algorithm; }) {
            add_encryption(request.context, request.algorithm, context);
        } else {
            add_encryption(request.context, std::nullopt, context);
        }
    }
    if constexpr (requires { request.key_pair_spec; }) {
        context.add("kms:DataKeyPairSpec", request.key_pair_spec);
    }
    if constexpr (requires { request.message_type; }) {  // Sign, Verify
        context.add("kms:SigningAlgorithm", request.algorithm);
        context.add("kms:MessageType", request.message_type.value_or("RAW"));
    }
    if constexpr (std::is_same_v<Request, GenerateMacRequest> ||
                  std::is_same_v<Request, VerifyMacRequest>) {
        context.add("kms:MacAlgorithm", request.algorithm);
    }
    if constexpr (std::is_same_v<Request, DeriveSharedSecretRequest>) {
        context.add("kms:KeyAgreementAlgorithm", request.algorithm);
    }
}

template <typename Request>
void add_context(const Request& request, RequestContext& context) {
    add_common(request, context);
    add_use(request, context);
    if constexpr (requires { request.key_usage; }) {  // CreateKey
        const bool is_multi_region = request.multi_region.value_or(false);
        add_key_type(request.key_spec.value_or("SYMMETRIC_DEFAULT"),
                     request.key_usage.value_or("ENCRYPT_DECRYPT"),
                     request.origin.value_or("AWS_KMS"),
                     is_multi_region ? "PRIMARY" : "",
                     context);
    }
    if constexpr (requires { request.replica_region; }) {
        context.add("kms:ReplicaRegion", request.replica_region);
    }
    if constexpr (requires { request.primary_region; }) {
        context.add("kms:PrimaryRegion", request.primary_region);
    }
    if constexpr (requires { request.pending_window_days; }) {
        add(context, "kms:ScheduleKeyDeletionPendingWindowInDays", request.pending_window_days);
    }
    if constexpr (requires { request.period_days; }) {
        add(context, "kms:RotationPeriodInDays", request.period_days);
    }
    if constexpr (requires { request.wrapping_algorithm; }) {
        add(context, "kms:WrappingAlgorithm", request.wrapping_algorithm);
        add(context, "kms:WrappingKeySpec", request.wrapping_key_spec);
    }
    if constexpr (requires { request.expiration_model; }) {
        add(context, "kms:ExpirationModel", request.expiration_model);
        add(context, "kms:ValidTo", request.valid_to_s);
    }
    if constexpr (std::is_same_v<Request, CreateGrantRequest>) {
        add_grant(request, context);
    }
}

}  // namespace authorization_request_detail

/// Returns the authorization that a request requires; for ReEncrypt, on its destination key.
/// `request` must outlive the result.
template <typename Request>
[[nodiscard]] AuthorizationRequest authorization_request(const Request& request) {
    AuthorizationRequest authorization;
    authorization.api = KmsOperation<Request>::kApi;
    authorization.permission = io::name_of(authorization.api);
    if constexpr (requires { std::string_view(request.key_id); }) {
        authorization.key_id = request.key_id;
    }
    if constexpr (std::is_same_v<Request, DecryptRequest>) {
        authorization.ciphertext = request.ciphertext;
    }
    if constexpr (std::is_same_v<Request, ReEncryptRequest>) {
        authorization.permission = "ReEncryptTo";
        authorization.re_encryption = &request;
    }
    if constexpr (requires { request.target_key_id; }) {
        authorization.key_id = request.target_key_id;
    }
    if constexpr (requires { request.alias_name; }) {
        authorization.alias = request.alias_name;
    }
    if constexpr (requires { request.replica_region; }) {
        authorization.other_region = request.replica_region;
    }
    if constexpr (requires { request.primary_region; }) {
        authorization.other_region = request.primary_region;
    }
    if constexpr (std::is_same_v<Request, ListRetirableGrantsRequest>) {
        if (request.retiring_principal) {
            authorization.retiring_principal = *request.retiring_principal;
        }
    }
    if constexpr (requires { request.tags.empty(); }) {
        authorization.has_tags = !request.tags.empty();
    }
    if constexpr (requires { request.context; }) {
        authorization.encryption_context = &request.context;
    }
    if constexpr (std::is_same_v<Request, CreateGrantRequest>) {
        authorization.new_grant = &request;
    }
    authorization.add_context = [&request](RequestContext& context) {
        authorization_request_detail::add_context(request, context);
    };
    return authorization;
}

/// Returns the authorization that ReEncrypt requires on its source key. `request` must outlive the
/// result.
[[nodiscard]] inline AuthorizationRequest source_authorization_request(
    const ReEncryptRequest& request) {
    AuthorizationRequest authorization;
    authorization.api = io::KmsApi::re_encrypt;
    authorization.permission = "ReEncryptFrom";
    authorization.re_encryption = &request;
    authorization.key_id = request.source_key_id;
    authorization.ciphertext = request.ciphertext;
    authorization.encryption_context = &request.source_context;
    authorization.add_context = [&request](RequestContext& context) {
        authorization_request_detail::add_encryption(
            request.source_context, request.source_algorithm, context);
    };
    return authorization;
}

}  // namespace keyferry::simulator

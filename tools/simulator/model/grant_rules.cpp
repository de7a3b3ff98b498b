// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/grant_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace keyferry::simulator {

namespace {

constexpr std::array<std::string_view, 4> kDataKeyOperations{"GenerateDataKey",
                                                             "GenerateDataKeyPair",
                                                             "GenerateDataKeyPairWithoutPlaintext",
                                                             "GenerateDataKeyWithoutPlaintext"};
constexpr std::array<std::string_view, 4> kEncryptionOperations{
    "Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"};

template <typename Operations>
bool has(const Operations& operations, std::string_view operation) {
    return std::find(operations.begin(), operations.end(), operation) != operations.end();
}

/// The operations whose requests have an encryption context.
bool has_encryption_context(std::string_view operation) {
    return has(kDataKeyOperations, operation) || has(kEncryptionOperations, operation);
}

/// Whether `pairs` contains all pairs of `part`. Keys and values are case-sensitive.
bool includes(const EncryptionContext& pairs, const EncryptionContext& part) {
    return std::all_of(part.begin(), part.end(), [&](const auto& pair) {
        const auto found = pairs.find(pair.first);
        return found != pairs.end() && found->second == pair.second;
    });
}

bool meets_constraints(const GrantConstraints& constraints, const EncryptionContext* context) {
    const EncryptionContext none;
    const EncryptionContext& pairs = context != nullptr ? *context : none;
    return (!constraints.subset || includes(pairs, *constraints.subset)) &&
           (!constraints.equals || pairs == *constraints.equals);
}

/// Whether the request is made on behalf of the resource to which the grant is limited.
bool is_for_source(const GrantConstraints& constraints, const RequestContext& context) {
    if (!constraints.source_arn) {
        return true;
    }
    const auto* values = context.find("aws:sourcearn");
    return values != nullptr && values->size() == 1 && values->front() == *constraints.source_arn;
}

bool is_caller(const std::optional<std::string>& principal, const PolicyRequest& request) {
    return principal && (*principal == request.caller_arn || *principal == request.principal_arn);
}

bool allows_child(const Grant& parent, const CreateGrantRequest& child) {
    return std::all_of(child.operations.begin(),
                       child.operations.end(),
                       [&](const std::string& each) { return has(parent.operations, each); }) &&
           is_as_strict(child.constraints, parent.constraints);
}

KmsRefusal invalid(std::string text) {
    return {io::KmsErrorCode::validation, std::move(text)};
}

}  // namespace

bool allows(const Grant& grant,
            const PolicyRequest& request,
            const AuthorizationRequest& authorization) {
    const std::string_view operation = authorization.permission;
    if (!has(grant.operations, operation) || !is_caller(grant.grantee, request) ||
        !is_for_source(grant.constraints, request.context)) {
        return false;
    }
    if (authorization.new_grant != nullptr) {
        return allows_child(grant, *authorization.new_grant);
    }
    return !has_encryption_context(operation) ||
           meets_constraints(grant.constraints, authorization.encryption_context);
}

bool may_retire(const Grant& grant, const PolicyRequest& request) {
    return is_caller(grant.retiring, request) ||
           (has(grant.operations, "RetireGrant") && is_caller(grant.grantee, request));
}

bool is_as_strict(const GrantConstraints& child, const GrantConstraints& parent) {
    if (parent.equals && child.equals != parent.equals) {
        return false;
    }
    if (parent.subset) {
        const bool by_subset = child.subset && includes(*child.subset, *parent.subset);
        const bool by_equals = child.equals && includes(*child.equals, *parent.subset);
        if (!by_subset && !by_equals) {
            return false;
        }
    }
    return !parent.source_arn || child.source_arn == parent.source_arn;
}

bool supports_grant_operation(std::string_view operation, KeyUsage usage, bool is_symmetric) {
    if (operation == "CreateGrant" || operation == "DescribeKey" || operation == "RetireGrant") {
        return true;
    }
    if (operation == "GetPublicKey") {
        return !is_symmetric && usage != KeyUsage::generate_verify_mac;
    }
    switch (usage) {
        case KeyUsage::encrypt_decrypt:
            return has(kEncryptionOperations, operation) ||
                   (is_symmetric && has(kDataKeyOperations, operation));
        case KeyUsage::sign_verify:
            return operation == "Sign" || operation == "Verify";
        case KeyUsage::generate_verify_mac:
            return operation == "GenerateMac" || operation == "VerifyMac";
        case KeyUsage::key_agreement:
            return operation == "DeriveSharedSecret";
        case KeyUsage::encapsulate_decapsulate:
            break;  // the service model has no grant operation for it
    }
    return false;
}

std::optional<KmsRefusal> check_grant_for_key(const CreateGrantRequest& request,
                                              KeyUsage usage,
                                              bool is_symmetric) {
    for (const std::string& operation : request.operations) {
        if (!supports_grant_operation(operation, usage, is_symmetric)) {
            return invalid(
                fmt::format("The grant operation {} is not supported on this KMS key.", operation));
        }
    }
    if (!is_symmetric && (request.constraints.subset || request.constraints.equals)) {
        return invalid(
            "Encryption context grant constraints are supported only on symmetric encryption KMS "
            "keys.");
    }
    return std::nullopt;
}

}  // namespace keyferry::simulator

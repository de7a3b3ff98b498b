// SPDX-License-Identifier: Apache-2.0
#include "io/names/kms_api.hpp"

#include <algorithm>

namespace keyferry::io {

namespace {

/// In the order of the enumerators, which is alphabetical.
constexpr std::array<std::string_view, kKmsApiCount> kNames{"CancelKeyDeletion",
                                                            "CreateAlias",
                                                            "CreateGrant",
                                                            "CreateKey",
                                                            "Decrypt",
                                                            "DeleteAlias",
                                                            "DeleteImportedKeyMaterial",
                                                            "DeriveSharedSecret",
                                                            "DescribeKey",
                                                            "DisableKey",
                                                            "DisableKeyRotation",
                                                            "EnableKey",
                                                            "EnableKeyRotation",
                                                            "Encrypt",
                                                            "GenerateDataKey",
                                                            "GenerateDataKeyPair",
                                                            "GenerateDataKeyPairWithoutPlaintext",
                                                            "GenerateDataKeyWithoutPlaintext",
                                                            "GenerateMac",
                                                            "GenerateRandom",
                                                            "GetKeyLastUsage",
                                                            "GetKeyPolicy",
                                                            "GetKeyRotationStatus",
                                                            "GetParametersForImport",
                                                            "GetPublicKey",
                                                            "ImportKeyMaterial",
                                                            "ListAliases",
                                                            "ListGrants",
                                                            "ListKeyPolicies",
                                                            "ListKeyRotations",
                                                            "ListKeys",
                                                            "ListResourceTags",
                                                            "ListRetirableGrants",
                                                            "PutKeyPolicy",
                                                            "ReEncrypt",
                                                            "ReplicateKey",
                                                            "RetireGrant",
                                                            "RevokeGrant",
                                                            "RotateKeyOnDemand",
                                                            "ScheduleKeyDeletion",
                                                            "Sign",
                                                            "TagResource",
                                                            "UntagResource",
                                                            "UpdateAlias",
                                                            "UpdateKeyDescription",
                                                            "UpdatePrimaryRegion",
                                                            "Verify",
                                                            "VerifyMac"};

}  // namespace

std::string_view name_of(KmsApi api) noexcept {
    return kNames[static_cast<std::size_t>(api)];
}

std::optional<KmsApi> kms_api_named(std::string_view name) noexcept {
    const auto at = std::lower_bound(kNames.begin(), kNames.end(), name);
    if (at == kNames.end() || *at != name) {
        return std::nullopt;
    }
    return static_cast<KmsApi>(at - kNames.begin());
}

}  // namespace keyferry::io

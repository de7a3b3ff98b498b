// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"
#include "tools/simulator/requests/grant_requests.hpp"
#include "tools/simulator/requests/key_life_requests.hpp"

#include <tuple>

namespace keyferry::simulator {

/// Maps a request type to its operation and its result type.
template <typename Request>
struct KmsOperation;

template <io::KmsApi Api, typename Answer>
struct KmsOperationOf {
    static constexpr io::KmsApi kApi = Api;
    using Result = Answer;
};

// clang-format off
template <> struct KmsOperation<io::CreateAliasRequest> : KmsOperationOf<io::KmsApi::create_alias, io::EmptyResult> {};
template <> struct KmsOperation<io::CreateKeyRequest> : KmsOperationOf<io::KmsApi::create_key, io::CreateKeyResult> {};
template <> struct KmsOperation<io::DeleteAliasRequest> : KmsOperationOf<io::KmsApi::delete_alias, io::EmptyResult> {};
template <> struct KmsOperation<io::DescribeKeyRequest> : KmsOperationOf<io::KmsApi::describe_key, io::DescribeKeyResult> {};
template <> struct KmsOperation<io::GetKeyPolicyRequest> : KmsOperationOf<io::KmsApi::get_key_policy, io::GetKeyPolicyResult> {};
template <> struct KmsOperation<io::ListAliasesRequest> : KmsOperationOf<io::KmsApi::list_aliases, io::ListAliasesResult> {};
template <> struct KmsOperation<io::ListKeysRequest> : KmsOperationOf<io::KmsApi::list_keys, io::ListKeysResult> {};
template <> struct KmsOperation<io::ListResourceTagsRequest> : KmsOperationOf<io::KmsApi::list_resource_tags, io::ListResourceTagsResult> {};
template <> struct KmsOperation<io::PutKeyPolicyRequest> : KmsOperationOf<io::KmsApi::put_key_policy, io::EmptyResult> {};
template <> struct KmsOperation<io::ReplicateKeyRequest> : KmsOperationOf<io::KmsApi::replicate_key, io::ReplicateKeyResult> {};
template <> struct KmsOperation<io::TagResourceRequest> : KmsOperationOf<io::KmsApi::tag_resource, io::EmptyResult> {};
template <> struct KmsOperation<io::UntagResourceRequest> : KmsOperationOf<io::KmsApi::untag_resource, io::EmptyResult> {};
template <> struct KmsOperation<io::UpdateAliasRequest> : KmsOperationOf<io::KmsApi::update_alias, io::EmptyResult> {};
template <> struct KmsOperation<io::UpdateKeyDescriptionRequest> : KmsOperationOf<io::KmsApi::update_key_description, io::EmptyResult> {};
template <> struct KmsOperation<CancelKeyDeletionRequest> : KmsOperationOf<io::KmsApi::cancel_key_deletion, KeyIdResult> {};
template <> struct KmsOperation<CreateGrantRequest> : KmsOperationOf<io::KmsApi::create_grant, CreateGrantResult> {};
template <> struct KmsOperation<ListGrantsRequest> : KmsOperationOf<io::KmsApi::list_grants, ListGrantsResult> {};
template <> struct KmsOperation<ListRetirableGrantsRequest> : KmsOperationOf<io::KmsApi::list_retirable_grants, ListGrantsResult> {};
template <> struct KmsOperation<RetireGrantRequest> : KmsOperationOf<io::KmsApi::retire_grant, io::EmptyResult> {};
template <> struct KmsOperation<RevokeGrantRequest> : KmsOperationOf<io::KmsApi::revoke_grant, io::EmptyResult> {};
template <> struct KmsOperation<DeleteImportedKeyMaterialRequest> : KmsOperationOf<io::KmsApi::delete_imported_key_material, KeyMaterialResult> {};
template <> struct KmsOperation<io::DisableKeyRequest> : KmsOperationOf<io::KmsApi::disable_key, io::EmptyResult> {};
template <> struct KmsOperation<DisableKeyRotationRequest> : KmsOperationOf<io::KmsApi::disable_key_rotation, io::EmptyResult> {};
template <> struct KmsOperation<io::EnableKeyRequest> : KmsOperationOf<io::KmsApi::enable_key, io::EmptyResult> {};
template <> struct KmsOperation<EnableKeyRotationRequest> : KmsOperationOf<io::KmsApi::enable_key_rotation, io::EmptyResult> {};
template <> struct KmsOperation<GetKeyRotationStatusRequest> : KmsOperationOf<io::KmsApi::get_key_rotation_status, GetKeyRotationStatusResult> {};
template <> struct KmsOperation<GetParametersForImportRequest> : KmsOperationOf<io::KmsApi::get_parameters_for_import, GetParametersForImportResult> {};
template <> struct KmsOperation<ImportKeyMaterialRequest> : KmsOperationOf<io::KmsApi::import_key_material, KeyMaterialResult> {};
template <> struct KmsOperation<ListKeyPoliciesRequest> : KmsOperationOf<io::KmsApi::list_key_policies, ListKeyPoliciesResult> {};
template <> struct KmsOperation<ListKeyRotationsRequest> : KmsOperationOf<io::KmsApi::list_key_rotations, ListKeyRotationsResult> {};
template <> struct KmsOperation<RotateKeyOnDemandRequest> : KmsOperationOf<io::KmsApi::rotate_key_on_demand, KeyIdResult> {};
template <> struct KmsOperation<ScheduleKeyDeletionRequest> : KmsOperationOf<io::KmsApi::schedule_key_deletion, ScheduleKeyDeletionResult> {};
template <> struct KmsOperation<UpdatePrimaryRegionRequest> : KmsOperationOf<io::KmsApi::update_primary_region, io::EmptyResult> {};
template <> struct KmsOperation<DecryptRequest> : KmsOperationOf<io::KmsApi::decrypt, DecryptResult> {};
template <> struct KmsOperation<DeriveSharedSecretRequest> : KmsOperationOf<io::KmsApi::derive_shared_secret, DeriveSharedSecretResult> {};
template <> struct KmsOperation<EncryptRequest> : KmsOperationOf<io::KmsApi::encrypt, EncryptResult> {};
template <> struct KmsOperation<GenerateDataKeyRequest> : KmsOperationOf<io::KmsApi::generate_data_key, DataKeyResult> {};
template <> struct KmsOperation<GenerateDataKeyPairRequest> : KmsOperationOf<io::KmsApi::generate_data_key_pair, DataKeyPairResult> {};
template <> struct KmsOperation<GenerateDataKeyPairWithoutPlaintextRequest> : KmsOperationOf<io::KmsApi::generate_data_key_pair_without_plaintext, DataKeyPairWithoutPlaintextResult> {};
template <> struct KmsOperation<GenerateDataKeyWithoutPlaintextRequest> : KmsOperationOf<io::KmsApi::generate_data_key_without_plaintext, DataKeyWithoutPlaintextResult> {};
template <> struct KmsOperation<GenerateMacRequest> : KmsOperationOf<io::KmsApi::generate_mac, GenerateMacResult> {};
template <> struct KmsOperation<GenerateRandomRequest> : KmsOperationOf<io::KmsApi::generate_random, GenerateRandomResult> {};
template <> struct KmsOperation<GetKeyLastUsageRequest> : KmsOperationOf<io::KmsApi::get_key_last_usage, GetKeyLastUsageResult> {};
template <> struct KmsOperation<GetPublicKeyRequest> : KmsOperationOf<io::KmsApi::get_public_key, GetPublicKeyResult> {};
template <> struct KmsOperation<ReEncryptRequest> : KmsOperationOf<io::KmsApi::re_encrypt, ReEncryptResult> {};
template <> struct KmsOperation<SignRequest> : KmsOperationOf<io::KmsApi::sign, SignResult> {};
template <> struct KmsOperation<VerifyRequest> : KmsOperationOf<io::KmsApi::verify, VerifyResult> {};
template <> struct KmsOperation<VerifyMacRequest> : KmsOperationOf<io::KmsApi::verify_mac, VerifyMacResult> {};
// clang-format on

/// The request types of all operations that the simulator supports.
using KmsRequests = std::tuple<io::CreateAliasRequest,
                               io::CreateKeyRequest,
                               io::DeleteAliasRequest,
                               io::DescribeKeyRequest,
                               io::GetKeyPolicyRequest,
                               io::ListAliasesRequest,
                               io::ListKeysRequest,
                               io::ListResourceTagsRequest,
                               io::PutKeyPolicyRequest,
                               io::ReplicateKeyRequest,
                               io::TagResourceRequest,
                               io::UntagResourceRequest,
                               io::UpdateAliasRequest,
                               io::UpdateKeyDescriptionRequest,
                               CancelKeyDeletionRequest,
                               CreateGrantRequest,
                               DeleteImportedKeyMaterialRequest,
                               io::DisableKeyRequest,
                               DisableKeyRotationRequest,
                               io::EnableKeyRequest,
                               EnableKeyRotationRequest,
                               GetKeyRotationStatusRequest,
                               GetParametersForImportRequest,
                               ImportKeyMaterialRequest,
                               ListGrantsRequest,
                               ListKeyPoliciesRequest,
                               ListKeyRotationsRequest,
                               ListRetirableGrantsRequest,
                               RetireGrantRequest,
                               RevokeGrantRequest,
                               RotateKeyOnDemandRequest,
                               ScheduleKeyDeletionRequest,
                               UpdatePrimaryRegionRequest,
                               DecryptRequest,
                               DeriveSharedSecretRequest,
                               EncryptRequest,
                               GenerateDataKeyRequest,
                               GenerateDataKeyPairRequest,
                               GenerateDataKeyPairWithoutPlaintextRequest,
                               GenerateDataKeyWithoutPlaintextRequest,
                               GenerateMacRequest,
                               GenerateRandomRequest,
                               GetKeyLastUsageRequest,
                               GetPublicKeyRequest,
                               ReEncryptRequest,
                               SignRequest,
                               VerifyRequest,
                               VerifyMacRequest>;

template <typename Request>
using ResultOf = typename KmsOperation<Request>::Result;

}  // namespace keyferry::simulator

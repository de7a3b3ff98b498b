// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_requests.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace keyferry::io {

/// The interface of KMS clients. It allows the same engine to run over signed HTTP or directly
/// against the simulator's model with a virtual clock.
///
/// Each call is attempted only once, without retries, without waiting for quotas, and without
/// following redirects. Every call ends within the client's request deadline. `place` selects the
/// Region's endpoint and the account whose credentials sign the request. A cancelled call (Asio
/// terminal cancellation) throws operation_aborted, and its outcome is then unknown. Calls do not
/// throw any other exceptions.
class KmsClient {
  public:
    KmsClient() = default;
    KmsClient(const KmsClient&) = delete;
    KmsClient& operator=(const KmsClient&) = delete;
    virtual ~KmsClient() = default;

    /// Whether a call to `place` can be sent immediately. If it cannot, prepare() obtains what is
    /// missing; without prepare(), the call itself would obtain it first. This check is cheap
    /// enough to be made before every call.
    [[nodiscard]] virtual bool is_prepared(const AccountRegion& /*place*/) const { return true; }

    /// Obtains everything that a call to `place` needs apart from KMS, in particular credentials,
    /// so that a request is recorded as sent only if it can be sent. Returns nullopt on success, or
    /// otherwise the failure that a call would have now, with the certainty not_sent and the cause
    /// `credentials`. Concurrent callers share one attempt. After a failure, the next attempt is
    /// delayed; until then, the failure is returned immediately. Cancellation works in the same way
    /// as for calls.
    virtual boost::asio::awaitable<std::optional<CallFailure>> prepare(AccountRegion /*place*/) {
        co_return std::nullopt;
    }

    virtual boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(
        AccountRegion place, ReplicateKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(
        AccountRegion place, DescribeKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<CreateKeyResult>> create_key(
        AccountRegion place, CreateKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<ListKeysResult>> list_keys(
        AccountRegion place, ListKeysRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(
        AccountRegion place, ListAliasesRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        AccountRegion place, ListResourceTagsRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(
        AccountRegion place, GetKeyPolicyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> put_key_policy(
        AccountRegion place, PutKeyPolicyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> tag_resource(
        AccountRegion place, TagResourceRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> untag_resource(
        AccountRegion place, UntagResourceRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> update_key_description(
        AccountRegion place, UpdateKeyDescriptionRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> enable_key(
        AccountRegion place, EnableKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> disable_key(
        AccountRegion place, DisableKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> create_alias(
        AccountRegion place, CreateAliasRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> update_alias(
        AccountRegion place, UpdateAliasRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> delete_alias(
        AccountRegion place, DeleteAliasRequest request) = 0;
};

}  // namespace keyferry::io

#pragma once

#include "io/names/call_outcome.hpp"
#include "io/names/kms_requests.hpp"
#include "io/names/account_region.hpp"

#include <boost/asio/awaitable.hpp>

namespace keyferry {

/// The port to KMS. It exists so that the same engine runs over signed HTTP, and straight into the
/// simulator's model under a virtual clock.
///
/// One call is one attempt: no retry, no waiting for quota, no redirect. Every call ends within the
/// client's request deadline. `place` says which Region's endpoint is asked and whose credentials
/// sign. A call may be cancelled (Asio terminal cancellation) and then throws operation_aborted;
/// whether it was sent is then unknown. No other exception leaves a call.
class KmsClient {
  public:
    KmsClient() = default;
    KmsClient(const KmsClient&) = delete;
    KmsClient& operator=(const KmsClient&) = delete;
    virtual ~KmsClient() = default;

    virtual boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(
        Place place, ReplicateKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(
        Place place, DescribeKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<CreateKeyResult>> create_key(
        Place place, CreateKeyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<ListKeysResult>> list_keys(
        Place place, ListKeysRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(
        Place place, ListAliasesRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        Place place, ListResourceTagsRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(
        Place place, GetKeyPolicyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> put_key_policy(
        Place place, PutKeyPolicyRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> tag_resource(
        Place place, TagResourceRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> untag_resource(
        Place place, UntagResourceRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> update_key_description(
        Place place, UpdateKeyDescriptionRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> create_alias(
        Place place, CreateAliasRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> update_alias(
        Place place, UpdateAliasRequest request) = 0;
    virtual boost::asio::awaitable<CallOutcome<EmptyResult>> delete_alias(
        Place place, DeleteAliasRequest request) = 0;
};

}  // namespace keyferry

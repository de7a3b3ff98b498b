#pragma once

#include "io/kms/kms_client.hpp"

#include <utility>

namespace keyferry {

/// Passes every call on to another client. A test overrides the one that it is about.
class PassingClient : public KmsClient {
  public:
    /// `client` must outlive this.
    explicit PassingClient(KmsClient& client) : client_(client) {}

    boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(
        Place place, ReplicateKeyRequest request) override {
        return client_.replicate_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(
        Place place, DescribeKeyRequest request) override {
        return client_.describe_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<CreateKeyResult>> create_key(
        Place place, CreateKeyRequest request) override {
        return client_.create_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<ListKeysResult>> list_keys(
        Place place, ListKeysRequest request) override {
        return client_.list_keys(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(
        Place place, ListAliasesRequest request) override {
        return client_.list_aliases(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        Place place, ListResourceTagsRequest request) override {
        return client_.list_resource_tags(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(
        Place place, GetKeyPolicyRequest request) override {
        return client_.get_key_policy(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> put_key_policy(
        Place place, PutKeyPolicyRequest request) override {
        return client_.put_key_policy(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> tag_resource(
        Place place, TagResourceRequest request) override {
        return client_.tag_resource(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> untag_resource(
        Place place, UntagResourceRequest request) override {
        return client_.untag_resource(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> update_key_description(
        Place place, UpdateKeyDescriptionRequest request) override {
        return client_.update_key_description(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> create_alias(
        Place place, CreateAliasRequest request) override {
        return client_.create_alias(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> update_alias(
        Place place, UpdateAliasRequest request) override {
        return client_.update_alias(std::move(place), std::move(request));
    }
    boost::asio::awaitable<CallOutcome<EmptyResult>> delete_alias(
        Place place, DeleteAliasRequest request) override {
        return client_.delete_alias(std::move(place), std::move(request));
    }

  private:
    KmsClient& client_;
};

}  // namespace keyferry

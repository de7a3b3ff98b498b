// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/kms/kms_client.hpp"
#include "io/names/kms_api.hpp"

#include <optional>
#include <utility>

namespace keyferry::engine {

/// Passes every call on to another client. A test overrides the calls that it examines, or before()
/// to examine all calls.
class PassingClient : public io::KmsClient {
  public:
    /// `client` must outlive this.
    explicit PassingClient(io::KmsClient& client) : client_(client) {}

    [[nodiscard]] bool is_prepared(const io::AccountRegion& place) const override {
        return client_.is_prepared(place);
    }
    boost::asio::awaitable<std::optional<io::CallFailure>> prepare(
        io::AccountRegion place) override {
        return client_.prepare(std::move(place));
    }
    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override {
        before(io::KmsApi::replicate_key);
        return client_.replicate_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override {
        before(io::KmsApi::describe_key);
        return client_.describe_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::CreateKeyResult>> create_key(
        io::AccountRegion place, io::CreateKeyRequest request) override {
        before(io::KmsApi::create_key);
        return client_.create_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::ListKeysResult>> list_keys(
        io::AccountRegion place, io::ListKeysRequest request) override {
        before(io::KmsApi::list_keys);
        return client_.list_keys(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::ListAliasesResult>> list_aliases(
        io::AccountRegion place, io::ListAliasesRequest request) override {
        before(io::KmsApi::list_aliases);
        return client_.list_aliases(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> list_resource_tags(
        io::AccountRegion place, io::ListResourceTagsRequest request) override {
        before(io::KmsApi::list_resource_tags);
        return client_.list_resource_tags(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::GetKeyPolicyResult>> get_key_policy(
        io::AccountRegion place, io::GetKeyPolicyRequest request) override {
        before(io::KmsApi::get_key_policy);
        return client_.get_key_policy(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> put_key_policy(
        io::AccountRegion place, io::PutKeyPolicyRequest request) override {
        before(io::KmsApi::put_key_policy);
        return client_.put_key_policy(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> tag_resource(
        io::AccountRegion place, io::TagResourceRequest request) override {
        before(io::KmsApi::tag_resource);
        return client_.tag_resource(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> untag_resource(
        io::AccountRegion place, io::UntagResourceRequest request) override {
        before(io::KmsApi::untag_resource);
        return client_.untag_resource(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> update_key_description(
        io::AccountRegion place, io::UpdateKeyDescriptionRequest request) override {
        before(io::KmsApi::update_key_description);
        return client_.update_key_description(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> enable_key(
        io::AccountRegion place, io::EnableKeyRequest request) override {
        before(io::KmsApi::enable_key);
        return client_.enable_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> disable_key(
        io::AccountRegion place, io::DisableKeyRequest request) override {
        before(io::KmsApi::disable_key);
        return client_.disable_key(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> create_alias(
        io::AccountRegion place, io::CreateAliasRequest request) override {
        before(io::KmsApi::create_alias);
        return client_.create_alias(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> update_alias(
        io::AccountRegion place, io::UpdateAliasRequest request) override {
        before(io::KmsApi::update_alias);
        return client_.update_alias(std::move(place), std::move(request));
    }
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> delete_alias(
        io::AccountRegion place, io::DeleteAliasRequest request) override {
        before(io::KmsApi::delete_alias);
        return client_.delete_alias(std::move(place), std::move(request));
    }

  protected:
    /// Called for each call before it is passed on.
    virtual void before(io::KmsApi /*api*/) {}

  private:
    io::KmsClient& client_;
};

}  // namespace keyferry::engine

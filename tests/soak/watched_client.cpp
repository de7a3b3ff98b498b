// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/watched_client.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::soak {

namespace asio = boost::asio;

void WatchedClient::leaves(io::KmsApi api) {
    if (stopped_) {
        world_.violated(clock_.now(), fmt::format("{} was sent {}", name_of(api), *stopped_));
    }
    if (journal_ != nullptr && journal_->failure()) {
        world_.violated(clock_.now(),
                        fmt::format("{} was sent after the journal had failed", name_of(api)));
    }
}

void WatchedClient::begin_change(const std::string& key) {
    const io::Moment now = clock_.now();
    if (!being_changed_.insert(key).second) {
        world_.violated(now, fmt::format("two ReplicateKey calls on {} are in flight", key));
    }
    const auto [last, is_first] = world_.last_change.try_emplace(key, now);
    if (!is_first && now - last->second < kSpacingMin) {
        const auto apart =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - last->second);
        world_.violated(
            now,
            fmt::format("two ReplicateKey calls on {} were sent {} ms apart", key, apart.count()));
    }
    last->second = now;
}

asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> WatchedClient::replicate_key(
    io::AccountRegion place, io::ReplicateKeyRequest request) {
    leaves(io::KmsApi::replicate_key);
    const std::string key = request.key_id;
    begin_change(key);
    io::CallOutcome<io::ReplicateKeyResult> outcome =
        co_await client_.replicate_key(std::move(place), std::move(request));
    being_changed_.erase(key);
    co_return outcome;
}

asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> WatchedClient::describe_key(
    io::AccountRegion place, io::DescribeKeyRequest request) {
    leaves(io::KmsApi::describe_key);
    return client_.describe_key(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::CreateKeyResult>> WatchedClient::create_key(
    io::AccountRegion place, io::CreateKeyRequest request) {
    leaves(io::KmsApi::create_key);
    return client_.create_key(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListKeysResult>> WatchedClient::list_keys(
    io::AccountRegion place, io::ListKeysRequest request) {
    leaves(io::KmsApi::list_keys);
    return client_.list_keys(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListAliasesResult>> WatchedClient::list_aliases(
    io::AccountRegion place, io::ListAliasesRequest request) {
    leaves(io::KmsApi::list_aliases);
    return client_.list_aliases(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> WatchedClient::list_resource_tags(
    io::AccountRegion place, io::ListResourceTagsRequest request) {
    leaves(io::KmsApi::list_resource_tags);
    return client_.list_resource_tags(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::GetKeyPolicyResult>> WatchedClient::get_key_policy(
    io::AccountRegion place, io::GetKeyPolicyRequest request) {
    leaves(io::KmsApi::get_key_policy);
    return client_.get_key_policy(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::put_key_policy(
    io::AccountRegion place, io::PutKeyPolicyRequest request) {
    leaves(io::KmsApi::put_key_policy);
    return client_.put_key_policy(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::tag_resource(
    io::AccountRegion place, io::TagResourceRequest request) {
    leaves(io::KmsApi::tag_resource);
    return client_.tag_resource(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::untag_resource(
    io::AccountRegion place, io::UntagResourceRequest request) {
    leaves(io::KmsApi::untag_resource);
    return client_.untag_resource(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::update_key_description(
    io::AccountRegion place, io::UpdateKeyDescriptionRequest request) {
    leaves(io::KmsApi::update_key_description);
    return client_.update_key_description(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::create_alias(
    io::AccountRegion place, io::CreateAliasRequest request) {
    leaves(io::KmsApi::create_alias);
    return client_.create_alias(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::update_alias(
    io::AccountRegion place, io::UpdateAliasRequest request) {
    leaves(io::KmsApi::update_alias);
    return client_.update_alias(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> WatchedClient::delete_alias(
    io::AccountRegion place, io::DeleteAliasRequest request) {
    leaves(io::KmsApi::delete_alias);
    return client_.delete_alias(std::move(place), std::move(request));
}

}  // namespace keyferry::soak

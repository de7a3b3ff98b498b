#include "tests/soak/watched_client.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry {

namespace asio = boost::asio;

void WatchedClient::leaves(KmsApi api) {
    if (stopped_) {
        world_.violated(clock_.now(), fmt::format("{} was sent {}", name_of(api), *stopped_));
    }
    if (journal_ != nullptr && journal_->failure()) {
        world_.violated(clock_.now(),
                        fmt::format("{} was sent after the journal had failed", name_of(api)));
    }
}

void WatchedClient::begin_change(const std::string& key) {
    const Moment now = clock_.now();
    if (!being_changed_.insert(key).second) {
        world_.violated(now, fmt::format("two ReplicateKey on {} are in flight", key));
    }
    const auto [last, is_first] = world_.last_change.try_emplace(key, now);
    if (!is_first && now - last->second < kSpacingMin) {
        const auto apart =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - last->second);
        world_.violated(
            now, fmt::format("two ReplicateKey on {} were sent {} ms apart", key, apart.count()));
    }
    last->second = now;
}

asio::awaitable<CallOutcome<ReplicateKeyResult>> WatchedClient::replicate_key(
    Place place, ReplicateKeyRequest request) {
    leaves(KmsApi::replicate_key);
    const std::string key = request.key_id;
    begin_change(key);
    CallOutcome<ReplicateKeyResult> outcome =
        co_await client_.replicate_key(std::move(place), std::move(request));
    being_changed_.erase(key);
    co_return outcome;
}

asio::awaitable<CallOutcome<DescribeKeyResult>> WatchedClient::describe_key(
    Place place, DescribeKeyRequest request) {
    leaves(KmsApi::describe_key);
    return client_.describe_key(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<CreateKeyResult>> WatchedClient::create_key(Place place,
                                                                        CreateKeyRequest request) {
    leaves(KmsApi::create_key);
    return client_.create_key(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<ListKeysResult>> WatchedClient::list_keys(Place place,
                                                                      ListKeysRequest request) {
    leaves(KmsApi::list_keys);
    return client_.list_keys(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<ListAliasesResult>> WatchedClient::list_aliases(
    Place place, ListAliasesRequest request) {
    leaves(KmsApi::list_aliases);
    return client_.list_aliases(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<ListResourceTagsResult>> WatchedClient::list_resource_tags(
    Place place, ListResourceTagsRequest request) {
    leaves(KmsApi::list_resource_tags);
    return client_.list_resource_tags(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<GetKeyPolicyResult>> WatchedClient::get_key_policy(
    Place place, GetKeyPolicyRequest request) {
    leaves(KmsApi::get_key_policy);
    return client_.get_key_policy(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::put_key_policy(
    Place place, PutKeyPolicyRequest request) {
    leaves(KmsApi::put_key_policy);
    return client_.put_key_policy(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::tag_resource(Place place,
                                                                      TagResourceRequest request) {
    leaves(KmsApi::tag_resource);
    return client_.tag_resource(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::untag_resource(
    Place place, UntagResourceRequest request) {
    leaves(KmsApi::untag_resource);
    return client_.untag_resource(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::update_key_description(
    Place place, UpdateKeyDescriptionRequest request) {
    leaves(KmsApi::update_key_description);
    return client_.update_key_description(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::create_alias(Place place,
                                                                      CreateAliasRequest request) {
    leaves(KmsApi::create_alias);
    return client_.create_alias(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::update_alias(Place place,
                                                                      UpdateAliasRequest request) {
    leaves(KmsApi::update_alias);
    return client_.update_alias(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> WatchedClient::delete_alias(Place place,
                                                                      DeleteAliasRequest request) {
    leaves(KmsApi::delete_alias);
    return client_.delete_alias(std::move(place), std::move(request));
}

}  // namespace keyferry

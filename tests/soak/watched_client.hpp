#pragma once

#include "engine/journal/write/writer.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "tests/soak/world.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>

namespace keyferry {

/// Hands every call on, and checks what holds at the moment at which it leaves: that the program
/// may send at all, and that calls that change the same key neither overlap nor crowd.
class WatchedClient final : public KmsClient {
  public:
    /// Least time between two starts of ReplicateKey on one key: the scheduler's same_key_spacing,
    /// less what a call may be held up between the scheduler's decision and its leaving (the sync
    /// of its `sent` record, JournalWriterSettings::sync_interval_min).
    static constexpr std::chrono::milliseconds kSpacingMin{990};

    WatchedClient(KmsClient& client, Clock& clock, World& world)
        : client_(client), clock_(clock), world_(world) {}

    /// From now on nothing may leave.
    void stop(std::string why) { stopped_ = std::move(why); }
    /// Nothing may leave once this journal has failed.
    void watch(const JournalWriter& journal) { journal_ = &journal; }

    boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(
        Place place, ReplicateKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(
        Place place, DescribeKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<CreateKeyResult>> create_key(
        Place place, CreateKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<ListKeysResult>> list_keys(Place place,
                                                                  ListKeysRequest request) override;
    boost::asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(
        Place place, ListAliasesRequest request) override;
    boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        Place place, ListResourceTagsRequest request) override;
    boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(
        Place place, GetKeyPolicyRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> put_key_policy(
        Place place, PutKeyPolicyRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> tag_resource(
        Place place, TagResourceRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> untag_resource(
        Place place, UntagResourceRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> update_key_description(
        Place place, UpdateKeyDescriptionRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> create_alias(
        Place place, CreateAliasRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> update_alias(
        Place place, UpdateAliasRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> delete_alias(
        Place place, DeleteAliasRequest request) override;

  private:
    void leaves(KmsApi api);
    void begin_change(const std::string& key);

    KmsClient& client_;
    Clock& clock_;
    World& world_;
    const JournalWriter* journal_ = nullptr;
    std::optional<std::string> stopped_;
    std::unordered_set<std::string> being_changed_;
};

}  // namespace keyferry

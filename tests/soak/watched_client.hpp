// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/write/writer.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "tests/soak/world.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>

namespace keyferry::soak {

/// Passes every call on and checks invariants at the time of sending: that the program may send at
/// all, and that changes of the same key neither overlap nor follow too closely.
class WatchedClient final : public io::KmsClient {
  public:
    /// Minimum time between the starts of two ReplicateKey calls on one key: the scheduler's
    /// same_key_spacing, minus the possible delay between the scheduler's decision and sending (the
    /// sync of its `sent` record, JournalWriterSettings::sync_interval_min).
    static constexpr std::chrono::milliseconds kSpacingMin{990};

    WatchedClient(io::KmsClient& client, io::Clock& clock, World& world)
        : client_(client), clock_(clock), world_(world) {}

    /// From now on no call may be sent.
    void stop(std::string why) { stopped_ = std::move(why); }
    /// No call may be sent once this journal has failed.
    void watch(const engine::JournalWriter& journal) { journal_ = &journal; }

    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::CreateKeyResult>> create_key(
        io::AccountRegion place, io::CreateKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::ListKeysResult>> list_keys(
        io::AccountRegion place, io::ListKeysRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::ListAliasesResult>> list_aliases(
        io::AccountRegion place, io::ListAliasesRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> list_resource_tags(
        io::AccountRegion place, io::ListResourceTagsRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::GetKeyPolicyResult>> get_key_policy(
        io::AccountRegion place, io::GetKeyPolicyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> put_key_policy(
        io::AccountRegion place, io::PutKeyPolicyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> tag_resource(
        io::AccountRegion place, io::TagResourceRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> untag_resource(
        io::AccountRegion place, io::UntagResourceRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> update_key_description(
        io::AccountRegion place, io::UpdateKeyDescriptionRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> create_alias(
        io::AccountRegion place, io::CreateAliasRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> update_alias(
        io::AccountRegion place, io::UpdateAliasRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> delete_alias(
        io::AccountRegion place, io::DeleteAliasRequest request) override;

  private:
    void leaves(io::KmsApi api);
    void begin_change(const std::string& key);

    io::KmsClient& client_;
    io::Clock& clock_;
    World& world_;
    const engine::JournalWriter* journal_ = nullptr;
    std::optional<std::string> stopped_;
    std::unordered_set<std::string> being_changed_;
};

}  // namespace keyferry::soak

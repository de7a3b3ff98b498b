#pragma once

#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/seeded_random.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <chrono>
#include <cstdint>

namespace keyferry {

struct SimulatorClientSettings {
    std::uint64_t seed = 1;
    /// From the client to KMS; the same for each call by default, so that calls arrive at the
    /// spacing in which they left and the ledger's one-second windows say what the client did.
    DurationRange to_kms{std::chrono::milliseconds{5}, std::chrono::milliseconds{5}};
    DurationRange from_kms{std::chrono::milliseconds{5}, std::chrono::milliseconds{40}};
    /// A call without an answer by then fails with request_timeout.
    std::chrono::nanoseconds request_deadline{std::chrono::seconds{10}};
    /// How far KMS's clock is ahead of the one that the client sees.
    std::chrono::milliseconds clock_ahead{0};
};

/// KmsClient straight into a SimulatedKms: no sockets, time only from the Clock, so a run under a
/// virtual clock is the same every time. A lost answer shows, by the seed, half of the time as a
/// closed connection and half of the time as a deadline that passes.
class SimulatorKmsClient final : public KmsClient {
  public:
    /// `kms` and `clock` must outlive the client and its calls.
    SimulatorKmsClient(SimulatedKms& kms, Clock& clock, const SimulatorClientSettings& settings);

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
    template <typename Result, typename Request>
    boost::asio::awaitable<CallOutcome<Result>> call(Place place, Request request);

    SimulatedKms& kms_;
    Clock& clock_;
    SimulatorClientSettings settings_;
    SeededRandom random_;
};

}  // namespace keyferry

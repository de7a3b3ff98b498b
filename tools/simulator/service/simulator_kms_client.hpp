// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "tools/simulator/service/simulated_kms.hpp"
#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <chrono>
#include <cstdint>

namespace keyferry::simulator {

struct SimulatorClientSettings {
    std::uint64_t seed = 1;
    /// Latency from the client to KMS. It is constant by default, so that requests arrive at the
    /// same intervals at which they were sent and the ledger's one-second windows reflect the
    /// client's behavior.
    DurationRange request_latency{std::chrono::milliseconds{5}, std::chrono::milliseconds{5}};
    DurationRange response_latency{std::chrono::milliseconds{5}, std::chrono::milliseconds{40}};
    /// A call that has no response within this time fails with request_timeout.
    std::chrono::nanoseconds request_deadline{std::chrono::seconds{10}};
    /// How far KMS's clock is ahead of the client's clock.
    std::chrono::milliseconds clock_ahead{0};
};

/// A KmsClient that calls a SimulatedKms directly, without sockets. Time comes only from the Clock,
/// so a run under a virtual clock is reproducible. A lost response appears as a closed connection
/// or as an expired deadline, with equal probability.
class SimulatorKmsClient final : public io::KmsClient {
  public:
    /// `kms` and `clock` must outlive the client and its calls.
    SimulatorKmsClient(SimulatedKms& kms,
                       io::Clock& clock,
                       const SimulatorClientSettings& settings);

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
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> enable_key(
        io::AccountRegion place, io::EnableKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> disable_key(
        io::AccountRegion place, io::DisableKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> create_alias(
        io::AccountRegion place, io::CreateAliasRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> update_alias(
        io::AccountRegion place, io::UpdateAliasRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> delete_alias(
        io::AccountRegion place, io::DeleteAliasRequest request) override;

  private:
    template <typename Result, typename Request>
    boost::asio::awaitable<io::CallOutcome<Result>> call(io::AccountRegion place, Request request);

    SimulatedKms& kms_;
    io::Clock& clock_;
    SimulatorClientSettings settings_;
    SeededRandom random_;
};

}  // namespace keyferry::simulator

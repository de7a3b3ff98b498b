// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/soak/machine.hpp"
#include "tests/soak/world.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace keyferry::soak {

/// Adds failures that the simulator cannot produce: lost credentials, denied keys, incomplete
/// responses, and connections that were lost while the computer slept. Checks that an unreachable
/// endpoint receives only a few attempts.
class TroubledClient final : public engine::PassingClient {
  public:
    /// Maximum number of consecutive failed attempts: the attempts that open the circuit breaker,
    /// the attempts in flight at that time, and the probes during park_timeout.
    static constexpr int kUnreachableMax = 200;

    /// All arguments must outlive this. `clock` is the clock of the virtual world.
    TroubledClient(io::KmsClient& client,
                   io::Clock& clock,
                   World& world,
                   const Machine& machine,
                   std::uint64_t seed)
        : PassingClient(client),
          next_(client),
          clock_(clock),
          world_(world),
          machine_(machine),
          random_(seed, "troubled client") {}

    [[nodiscard]] bool is_prepared(const io::AccountRegion& place) const override;
    boost::asio::awaitable<std::optional<io::CallFailure>> prepare(
        io::AccountRegion place) override;
    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override;

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
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> delete_alias(
        io::AccountRegion place, io::DeleteAliasRequest request) override;

  private:
    template <typename Result, typename Request>
    using Operation = boost::asio::awaitable<io::CallOutcome<Result>> (io::KmsClient::*)(
        io::AccountRegion, Request);
    /// `denied` is the replica that the request changes or creates, if the request may be denied.
    template <typename Result, typename Request>
    boost::asio::awaitable<io::CallOutcome<Result>> pass(Operation<Result, Request> operation,
                                                         io::AccountRegion place,
                                                         Request request,
                                                         std::string denied = {});
    [[nodiscard]] std::optional<io::CallFailure> credential_failure(
        const io::AccountRegion& place) const;
    template <typename Result>
    io::CallOutcome<Result> troubled(io::CallOutcome<Result> outcome,
                                     const io::AccountRegion& place,
                                     io::Moment sent_at);
    [[nodiscard]] bool is_incomplete(const io::AccountRegion& place);
    void count_attempt(const io::AccountRegion& place, const io::CallFailure* failure);
    [[nodiscard]] io::Moment response_at() const;

    io::KmsClient& next_;
    io::Clock& clock_;
    World& world_;
    const Machine& machine_;
    simulator::SeededRandom random_;
    std::map<io::AccountRegion, int> unreachable_;  ///< number of consecutive failed attempts
};

}  // namespace keyferry::soak

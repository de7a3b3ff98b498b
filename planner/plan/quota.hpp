// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// Returns the default KMS request quota of an API in requests per second, per account and Region
/// ("Request quotas" in the KMS developer guide, 2026): ReplicateKey 5, CreateKey 5, DescribeKey
/// 2000, ...
[[nodiscard]] double default_quota_per_s(io::KmsApi api) noexcept;

/// The operations whose quotas a spec can set: those that keyferry calls.
inline constexpr std::array kConfigurableQuotas{io::KmsApi::create_alias,
                                                io::KmsApi::create_key,
                                                io::KmsApi::delete_alias,
                                                io::KmsApi::describe_key,
                                                io::KmsApi::disable_key,
                                                io::KmsApi::enable_key,
                                                io::KmsApi::get_key_policy,
                                                io::KmsApi::list_aliases,
                                                io::KmsApi::list_keys,
                                                io::KmsApi::list_resource_tags,
                                                io::KmsApi::put_key_policy,
                                                io::KmsApi::replicate_key,
                                                io::KmsApi::tag_resource,
                                                io::KmsApi::untag_resource,
                                                io::KmsApi::update_key_description};

/// Quota use of one ReplicateKey call: KMS counts 1 ReplicateKey request in the primary's
/// Region and 2 CreateKey requests in the replica's Region, one of which is a dry run.
inline constexpr int kReplicateKeyTokensAtPrimary = 1;
inline constexpr int kCreateKeyTokensAtReplica = 2;

/// Returns the maximum number of requests to `api` that KMS counts for one call.
[[nodiscard]] constexpr int call_tokens_max(io::KmsApi api) noexcept {
    return api == io::KmsApi::create_key ? kCreateKeyTokensAtReplica : 1;
}

/// The burst size of each quota, in calls. A full burst is available when a run starts, and again
/// after the quota has been idle. A call that uses two quotas may have to wait for one of them.
/// With a burst of one call, the bucket of the other quota would already be full during that wait,
/// and part of that quota would go unused. A burst of two calls avoids this. (Even so, no
/// one-second window exceeds the quota.)
inline constexpr int kBurstCalls = 2;

/// A number of calls counted against one quota.
struct QuotaCalls {
    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::describe_key;
    std::uint64_t calls = 0;
    friend bool operator==(const QuotaCalls&, const QuotaCalls&) = default;
};

/// A quota that AWS has raised for the account, or a lower quota that the run must respect. An
/// override without an account or Region applies to all accounts or Regions. The most specific
/// match applies (account and Region, then account, then Region, then neither); among equally
/// specific overrides, the last one applies.
struct QuotaOverride {
    std::optional<io::AccountId> account;
    std::optional<io::Region> region;
    io::KmsApi api = io::KmsApi::replicate_key;
    double quota_per_s = 0;  ///< > 0
};

/// The request rates that a run may use.
struct Limits {
    /// The fraction of every quota that a run may use, in (0, 1]; other workloads share the same
    /// quotas.
    double share = 0.8;
    /// Maximum calls in flight to one (account, Region) endpoint, 1 to 1000.
    int in_flight_max_per_endpoint = 64;
    /// Maximum calls in flight in total, 1 to 10000.
    int in_flight_max = 512;
    std::vector<QuotaOverride> overrides;

    /// Returns the quota of `api` at `place`: the override, or the KMS default.
    [[nodiscard]] double quota_per_s(const io::AccountRegion& place, io::KmsApi api) const noexcept;
};

}  // namespace keyferry::planner

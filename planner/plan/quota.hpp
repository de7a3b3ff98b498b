// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// KMS's default request quota of an API in requests per second, per account and Region ("Request
/// quotas" in the KMS developer guide, 2026): ReplicateKey 5, CreateKey 5, DescribeKey 2000, ...
[[nodiscard]] double default_quota_per_s(io::KmsApi api) noexcept;

/// The operations whose quotas a spec may state: those that keyferry calls.
inline constexpr std::array kConfigurableQuotas{io::KmsApi::create_alias,
                                                io::KmsApi::create_key,
                                                io::KmsApi::describe_key,
                                                io::KmsApi::get_key_policy,
                                                io::KmsApi::list_aliases,
                                                io::KmsApi::list_keys,
                                                io::KmsApi::list_resource_tags,
                                                io::KmsApi::put_key_policy,
                                                io::KmsApi::replicate_key,
                                                io::KmsApi::tag_resource,
                                                io::KmsApi::update_key_description};

/// What one ReplicateKey call costs: KMS counts 1 ReplicateKey in the primary's Region and
/// 2 CreateKey in the replica's (one of them is a dry run).
inline constexpr int kReplicateKeyTokensAtPrimary = 1;
inline constexpr int kCreateKeyTokensAtReplica = 2;

/// The most that one call of a run takes from a quota of `api`.
[[nodiscard]] constexpr int call_tokens_max(io::KmsApi api) noexcept {
    return api == io::KmsApi::create_key ? kCreateKeyTokensAtReplica : 1;
}

/// So many calls' worth of tokens a run saves up in each quota while it is unused, from the start
/// on. The second one catches up what is lost while one of a call's two quotas is full and the
/// other empty. (No one-second window passes the quota all the same.)
inline constexpr int kBurstCalls = 2;

/// So many calls that were made against one quota.
struct QuotaCalls {
    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::describe_key;
    std::uint64_t calls = 0;
    friend bool operator==(const QuotaCalls&, const QuotaCalls&) = default;
};

/// A quota that the account has asked AWS to change, or that the user wants to stay under. An empty
/// account or Region stands for all of them; the most exact match wins (account and Region, then
/// account, then Region, then neither), and of equals the last one.
struct QuotaOverride {
    std::optional<io::AccountId> account;
    std::optional<io::Region> region;
    io::KmsApi api = io::KmsApi::replicate_key;
    double quota_per_s = 0;  ///< > 0
};

/// The rates that a run may use.
struct Limits {
    /// The part of every quota that this run may use, in (0, 1]: production uses the same quotas.
    double share = 0.8;
    /// Calls in flight to one (account, Region) endpoint, 1 to 1000.
    int in_flight_max_per_endpoint = 64;
    /// Calls in flight in all, 1 to 10000.
    int in_flight_max = 512;
    std::vector<QuotaOverride> overrides;

    /// The quota of `api` at `place`: override or KMS's default.
    [[nodiscard]] double quota_per_s(const io::AccountRegion& place, io::KmsApi api) const noexcept;
};

}  // namespace keyferry::planner

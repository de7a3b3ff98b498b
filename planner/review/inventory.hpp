// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "planner/plan/key_content.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry::planner {

/// How a look at something in KMS ended.
enum class LookupStatus : std::uint8_t {
    not_requested,  ///< nobody has asked
    seen,           ///< KMS has described it
    absent,         ///< KMS knows nothing of that name there
    denied,         ///< the caller may not see it
    no_response,    ///< no answer, or one that makes no sense, in all attempts
    unreadable,     ///< of a policy: KMS gave one that cannot be made sense of
};

/// "not taken", "seen", ...
[[nodiscard]] std::string_view name_of(LookupStatus look) noexcept;

/// A related key as DescribeKey in its own Region told it.
struct SeenReplica {
    std::uint32_t region = 0;  ///< index into Inventory::regions
    LookupStatus look = LookupStatus::not_requested;
    io::KeyState state = io::KeyState::other;
    double deletion_date_s = 0;  ///< Unix epoch; 0 where there is none
    friend bool operator==(const SeenReplica&, const SeenReplica&) = default;
};

/// A key of the plan as DescribeKey in the Region of its primary told it.
struct SeenKey {
    static constexpr std::uint32_t kNoRegion = ~std::uint32_t{0};

    LookupStatus look = LookupStatus::not_requested;
    io::KeyState state = io::KeyState::other;
    bool is_multi_region = false;
    std::uint32_t primary_region = kNoRegion;  ///< where its primary is: Inventory::regions
    LookupStatus policy =
        LookupStatus::not_requested;  ///< at its policy, where its group copies that
    LookupStatus tags = LookupStatus::not_requested;     ///< at its tags, likewise
    LookupStatus aliases = LookupStatus::not_requested;  ///< at its aliases, likewise
    /// All its related keys but the one that was asked, by region. Only those in Regions that the
    /// plan wants have been looked at.
    std::vector<SeenReplica> related;
    friend bool operator==(const SeenKey&, const SeenKey&) = default;
};

/// What a replica that exists has of that which the spec says of it. Read only to be compared.
struct ReplicaContent {
    KeyContent content;
    std::vector<std::string> aliases;  ///< names, sorted
    bool are_aliases_seen = false;     ///< asked for only where the spec says something of them
    LookupStatus worst = LookupStatus::seen;  ///< at the parts that the spec says something of
    friend bool operator==(const ReplicaContent&, const ReplicaContent&) = default;
};

/// What KMS says exists, about the keys of one plan: read-only, a value.
struct Inventory {
    std::vector<std::string> regions;  ///< names, in no particular order
    std::vector<SeenKey> keys;         ///< one for each of plan.keys
    /// Of the keys of which all was seen that their groups copy.
    KeyContents contents;
    /// Names of the aliases of primaries whose groups copy those, by index into plan.keys; sorted.
    /// Asked for where replicas are compared.
    std::unordered_map<std::uint32_t, std::vector<std::string>> aliases;
    /// Of replicas that exist, by index into plan.jobs; empty where nobody compares.
    std::unordered_map<std::uint32_t, ReplicaContent> replicas;
    std::uint64_t calls = 0;                 ///< all attempts
    std::vector<QuotaCalls> calls_by_quota;  ///< the same, by account, Region and API; sorted
    /// All keys of accounts in Regions, where they were counted.
    std::map<io::AccountRegion, std::uint64_t> keys_there;
    friend bool operator==(const Inventory&, const Inventory&) = default;
};

}  // namespace keyferry::planner

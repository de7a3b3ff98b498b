// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/kms_requests.hpp"
#include "planner/plan/alias_spec.hpp"
#include "planner/plan/key_content.hpp"
#include "planner/plan/run_settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// The members of ReplicateKey that a group of keys shares, or where they come from. An empty
/// optional is not sent.
struct ReplicaParameters {
    /// JSON text of the key policy; with `policy_is_template`, still holding {region}, {account}
    /// and {key_id}. Empty means KMS's default policy, which the spec must ask for in so many
    /// words.
    std::optional<std::string> policy;
    bool policy_is_template = false;
    std::optional<bool> bypass_policy_lockout_safety_check;
    std::optional<std::string> description;
    std::vector<io::Tag> tags;  ///< sorted by key
    /// What is each primary's own instead, by Plan::contents. The member itself is then empty.
    CopiedParts copied;
    AliasSpec aliases;  ///< no member of ReplicateKey: made by a sync
};

struct PlannedGroup {
    std::string name;
    ReplicaParameters parameters;
};

/// That a group takes the keys which KMS has when the plan is made, besides those that it lists.
struct Selection {
    std::string group;       ///< its name
    io::AccountRegion home;  ///< where its keys have their primaries
    std::vector<io::Region> regions;
    bool needs_aliases = false;  ///< so that ListAliases is called
    bool needs_tags = false;     ///< so that ListResourceTags is called
    bool is_resolved = false;    ///< false: nobody has asked KMS, and the plan lacks these keys
};

/// A primary key of which the plan wants replicas.
struct PlannedKey {
    io::KeyArn primary;
    std::uint32_t group = 0;  ///< index into Plan::groups
};

/// One (key, Region) pair: one replica that should exist. Eight bytes, since there may be millions.
struct Job {
    std::uint32_t key = 0;     ///< index into Plan::keys
    std::uint32_t region = 0;  ///< index into Plan::regions: where the replica goes
    friend bool operator==(const Job&, const Job&) = default;
};

using JobIndex = std::uint32_t;  ///< index into Plan::jobs

/// What should be done: data without verbs. Deterministic: the same spec gives the same plan, byte
/// for byte, in whatever order its keys were written.
struct Plan {
    std::string fleet_name;
    std::vector<PlannedGroup> groups;  ///< in the order of the spec
    std::vector<PlannedKey> keys;      ///< sorted by primary ARN, no duplicates
    std::vector<io::Region> regions;   ///< every Region that a replica goes to, sorted
    std::vector<Job> jobs;             ///< sorted by key, then Region; no duplicates
    /// The spec's list of where replicas may be, as patterns; empty where it has none. The plan
    /// keeps to it.
    std::vector<std::string> allowed_regions;
    std::vector<Selection> selections;  ///< of groups, in their order
    /// Keys of which it could not be told whether a selection means them; they are missing here.
    std::uint64_t keys_unseen = 0;
    RunSettings settings;
    /// What the primaries have of that which their groups copy, as far as KMS has told it. A spec
    /// alone tells none: see lacks_contents.
    KeyContents contents;
    /// SHA-256 (64 hex digits) over what the jobs would do: key ARN, Region, policy, description,
    /// tags, bypass of each, copied ones as far as they are known. Not over settings, names or
    /// comments. Binds a journal to its plan.
    std::string sha256;
};

/// What of the key with index `key` goes along to its replicas.
[[nodiscard]] const CopiedParts& copied_parts(const Plan& plan, std::uint32_t key);

/// Which aliases the replicas of the key with index `key` are to have.
[[nodiscard]] const AliasSpec& alias_spec(const Plan& plan, std::uint32_t key);

/// The ARN of the replica that `job` makes.
[[nodiscard]] io::KeyArn replica_arn(const Plan& plan, const Job& job);

/// Where the job's ReplicateKey call goes: the account and Region of the primary.
[[nodiscard]] io::AccountRegion primary_place(const Plan& plan, const Job& job);

/// Where the job's replica lives: the same account, the replica's Region.
[[nodiscard]] io::AccountRegion replica_place(const Plan& plan, const Job& job);

/// Whether some job's key copies what `plan` does not hold: it can be reported on then, not run.
[[nodiscard]] bool lacks_contents(const Plan& plan);

/// Takes over what KMS has told of the primaries, and with it the identity that they make.
void set_contents(Plan& plan, KeyContents contents);

/// The request that makes the job's replica, the policy template filled in and what is copied put
/// in. That must be known: KMS would attach its default policy in the place of one that is missing.
[[nodiscard]] io::ReplicateKeyRequest replicate_request(const Plan& plan, const Job& job);

/// As far as the spec states it: what is copied is left out.
[[nodiscard]] io::ReplicateKeyRequest request_without_contents(const Plan& plan, const Job& job);

/// SHA-256 (64 hex digits) over all members of the job's request: what the journal records with
/// each `sent`, so that a resend can be seen to have the same parameters.
[[nodiscard]] std::string request_digest(const io::ReplicateKeyRequest& request);

}  // namespace keyferry::planner

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/kms_requests.hpp"
#include "planner/plan/alias_spec.hpp"
#include "planner/plan/enabled_spec.hpp"
#include "planner/plan/key_content.hpp"
#include "planner/plan/run_settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

/// The ReplicateKey parameters shared by a group of keys, or their sources. Empty optionals are not
/// sent.
struct ReplicaParameters {
    /// JSON text of the key policy; if `policy_is_template`, with placeholders {region}, {account}
    /// and {key_id}. Empty means the KMS default policy, which the spec must request explicitly.
    std::optional<std::string> policy;
    bool policy_is_template = false;
    std::optional<bool> bypass_policy_lockout_safety_check;
    std::optional<std::string> description;
    std::vector<io::Tag> tags;  ///< sorted by key
    /// The parts that are copied from each primary. Their values are in Plan::contents, and the
    /// corresponding members here are empty.
    CopiedParts copied;
    AliasSpec aliases;                       ///< not a ReplicateKey parameter: created by sync
    EnabledSpec enabled = EnabledSpec::yes;  ///< not a ReplicateKey parameter: set by sync
};

struct PlannedGroup {
    std::string name;
    ReplicaParameters parameters;
    /// The Regions in which the spec allows primaries, if it lists several; otherwise empty.
    std::vector<io::Region> primaries{};
};

/// A group that, besides any keys that it lists, selects keys that exist in KMS when the plan is
/// created, in one Region. A group with several primary Regions has one Selection for each.
struct Selection {
    std::string group;       ///< group name
    io::AccountRegion home;  ///< account and Region of its primaries
    std::vector<io::Region> regions;
    bool needs_aliases = false;  ///< selecting keys requires ListAliases
    bool needs_tags = false;     ///< selecting keys requires ListResourceTags
    bool is_resolved = false;    ///< false: KMS was not queried, and the plan lacks these keys
};

/// A key that matches the selection of a group but is not part of the plan, because its primary is
/// in a Region in which the group does not want its keys.
struct KeyElsewhere {
    KeyElsewhere(io::KeyArn primary_, std::string group_)
        : primary(std::move(primary_)), group(std::move(group_)) {}

    io::KeyArn primary;
    std::string group;  ///< name of the first group that selects it
    friend bool operator==(const KeyElsewhere&, const KeyElsewhere&) = default;
};

/// A primary key for which the plan has replicas.
struct PlannedKey {
    io::KeyArn primary;
    std::uint32_t group = 0;  ///< index into Plan::groups
};

/// One replica that should exist: a (key, Region) pair. Eight bytes, because a plan can have
/// millions of jobs.
struct Job {
    std::uint32_t key = 0;     ///< index into Plan::keys
    std::uint32_t region = 0;  ///< index into Plan::regions: the Region of the replica
    friend bool operator==(const Job&, const Job&) = default;
};

using JobIndex = std::uint32_t;  ///< index into Plan::jobs

/// The replicas that should exist, as data. Deterministic: the same spec yields the same plan, byte
/// for byte, regardless of the order of its keys.
struct Plan {
    std::string fleet_name;
    std::vector<PlannedGroup> groups;  ///< in spec order
    std::vector<PlannedKey> keys;      ///< sorted by primary ARN, no duplicates
    std::vector<io::Region> regions;   ///< every Region with replicas, sorted
    std::vector<Job> jobs;             ///< sorted by key, then Region; no duplicates
    /// The spec's allowed_regions patterns, which the plan satisfies; empty if the spec has none.
    std::vector<std::string> allowed_regions;
    std::vector<Selection> selections;  ///< one per group that selects keys, in group order
    /// Number of keys that could not be checked against the selections and are therefore missing
    /// here.
    std::uint64_t keys_unseen = 0;
    std::vector<KeyElsewhere> keys_elsewhere;  ///< sorted by primary ARN
    RunSettings settings;
    /// Content that groups copy from their primaries, as read from KMS. Empty in a plan that was
    /// created from a spec alone; see lacks_contents().
    KeyContents contents;
    /// Keys whose primaries have moved, by index into `keys`, with the Region that the spec sets
    /// for each. PlannedKey::primary is the actual primary.
    std::map<std::uint32_t, io::Region> moved_from;
    /// SHA-256 (64 hex digits) of what the jobs do: key ARNs, Regions, policies, descriptions, tags
    /// and bypass flags, including copied content that is known. Settings, names and comments do
    /// not affect it. A journal contains this hash, which binds it to its plan.
    std::string sha256;
};

/// Returns which parts of the key with index `key` are copied to its replicas.
[[nodiscard]] const CopiedParts& copied_parts(const Plan& plan, std::uint32_t key);

/// Returns the aliases that the replicas of the key with index `key` should have.
[[nodiscard]] const AliasSpec& alias_spec(const Plan& plan, std::uint32_t key);

/// Returns the state that the replicas of the key with index `key` should have.
[[nodiscard]] EnabledSpec enabled_spec(const Plan& plan, std::uint32_t key);

/// Returns the ARN of a key's primary according to the spec. It differs from PlannedKey::primary if
/// the primary has moved.
[[nodiscard]] io::KeyArn stated_arn(const Plan& plan, std::uint32_t key);

/// Returns the ARN of the replica that `job` creates.
[[nodiscard]] io::KeyArn replica_arn(const Plan& plan, const Job& job);

/// Returns the account and Region of the primary, where the job's ReplicateKey call is sent.
[[nodiscard]] io::AccountRegion primary_location(const Plan& plan, const Job& job);

/// Returns the account and Region of the replica.
[[nodiscard]] io::AccountRegion replica_location(const Plan& plan, const Job& job);

/// Returns whether `job` copies content that `plan` does not have. Such a job has no request.
[[nodiscard]] bool lacks_contents(const Plan& plan, const Job& job);

/// Returns whether any job copies content that `plan` does not have. Before such a plan is run, the
/// content is read.
[[nodiscard]] bool lacks_contents(const Plan& plan);

/// Sets the content read from the primaries and updates `plan.sha256`.
void set_contents(Plan& plan, KeyContents contents);

/// Returns the request that creates the job's replica, with the policy template filled in and
/// copied content added. Copied content must be known: if the policy were missing, KMS would attach
/// its default policy.
[[nodiscard]] io::ReplicateKeyRequest replicate_request(const Plan& plan, const Job& job);

/// Returns the request without copied content, as determined by the spec alone.
[[nodiscard]] io::ReplicateKeyRequest request_without_contents(const Plan& plan, const Job& job);

/// SHA-256 (64 hex digits) of all members of the request. The journal records it with each `sent`
/// event, which proves that a resend had the same parameters.
[[nodiscard]] std::string request_digest(const io::ReplicateKeyRequest& request);

}  // namespace keyferry::planner

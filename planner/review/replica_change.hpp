// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/kms_api.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/text/shared_text.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// A tag before and after a change. A value is nullopt if the key does not have the tag.
struct TagChange {
    TagChange(std::string key_, std::optional<std::string> from_, std::optional<std::string> to_)
        : key(std::move(key_)), from(std::move(from_)), to(std::move(to_)) {}

    std::string key;
    std::optional<std::string> from;
    std::optional<std::string> to;
    friend bool operator==(const TagChange&, const TagChange&) = default;
};

/// One change to an existing replica: one KMS call, with the value that it replaces. In a list of
/// changes, those of a replica are consecutive and in the order in which they are made.
struct ReplicaChange {
    ReplicaChange(io::KeyArn replica_, io::KmsApi action_)
        : replica(std::move(replica_)), action(action_) {}

    io::KeyArn replica;
    /// UpdateKeyDescription, PutKeyPolicy, TagResource, UntagResource, CreateAlias, DeleteAlias,
    /// EnableKey or DisableKey.
    io::KmsApi action;
    SharedText from;  ///< the previous description, policy or KeyState; otherwise null
    SharedText to;    ///< the new description, policy or KeyState; otherwise null
    std::optional<bool> bypass_policy_lockout_safety_check;  ///< only for PutKeyPolicy
    std::vector<TagChange> tags;  ///< for TagResource, `to` is set; for UntagResource, it is
                                  ///< nullopt
    std::string alias;            ///< the alias name; otherwise empty

    [[nodiscard]] io::AccountRegion place() const { return {replica.account, replica.region}; }
};

/// Returns the part of a replica that `action` changes; nullopt if a ReplicaChange cannot have this
/// action.
[[nodiscard]] std::optional<SyncStep> part_changed_by(io::KmsApi action) noexcept;

/// Splits `changes` into one span per replica.
[[nodiscard]] std::vector<std::span<const ReplicaChange>> by_replica(
    const std::vector<ReplicaChange>& changes);

/// Returns the previous and new value of `change` as JSON, in the form of `before` records: see
/// engine/journal/format/FORMAT.md.
[[nodiscard]] std::string value_json(const ReplicaChange& change);

/// Parses the result of value_json(). Equal texts are shared through `texts`. Returns nullopt if
/// `value` has any other form.
[[nodiscard]] std::optional<ReplicaChange> parse_change(const io::KeyArn& replica,
                                                        io::KmsApi action,
                                                        std::string_view value,
                                                        SharedTexts& texts);

/// Returns the identity of a list of changes, 64 hexadecimal digits.
/// engine/journal/format/FORMAT.md describes what is hashed.
[[nodiscard]] std::string changes_sha256(const std::vector<ReplicaChange>& changes);

/// Returns the changes of one replica as human-readable text: the replica and one line per change.
/// Texts from KMS and the spec are quoted with control characters escaped. Policies are shown by
/// size only.
[[nodiscard]] std::string changes_text(std::span<const ReplicaChange> of_replica);

/// Returns the changes of one replica as a JSON object: {"key":ARN,"description":{"from","to"},
/// "tags":[{"key","from","to"}],"aliases":[names to create],"aliases_to_delete":[names],
/// "policy":{"from","to"},"state":{"from","to"}}, with only those parts that are changed.
[[nodiscard]] std::string changes_json(std::span<const ReplicaChange> of_replica);

}  // namespace keyferry::planner

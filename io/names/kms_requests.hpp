// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Requests and results of the KMS operations that keyferry uses, with the same members as in KMS's
// model. The deprecated CustomerMasterKeySpec and the members for custom key stores, which cannot
// contain multi-Region keys, are omitted. An empty optional is not sent, so KMS's default applies.
// For ReplicateKey, the default is never the primary's value.
//
// All types have user-declared constructors, because g++ 12.2 destroys aggregates twice if they are
// created in an expression with co_await.

namespace keyferry::io {

struct Tag {
    Tag(std::string key_, std::string value_) : key(std::move(key_)), value(std::move(value_)) {}
    std::string key;
    std::string value;
    friend bool operator==(const Tag&, const Tag&) = default;
    friend auto operator<=>(const Tag&, const Tag&) = default;
};

struct ReplicateKeyRequest {
    ReplicateKeyRequest(std::string key_id_, std::string replica_region_)
        : key_id(std::move(key_id_)), replica_region(std::move(replica_region_)) {}

    std::string key_id;  ///< key id or ARN of the primary
    std::string replica_region;
    std::optional<std::string> policy;  ///< JSON; if not set, KMS attaches the default policy
    std::optional<bool> bypass_policy_lockout_safety_check;
    std::optional<std::string> description;
    std::vector<Tag> tags;
};

struct ReplicateKeyResult {
    ReplicateKeyResult() = default;
    KeyMetadata replica_key_metadata;
    std::optional<std::string> replica_policy;
    std::vector<Tag> replica_tags;
};

struct DescribeKeyRequest {
    explicit DescribeKeyRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key id, key ARN, alias name or alias ARN
};

struct DescribeKeyResult {
    DescribeKeyResult() = default;
    KeyMetadata key_metadata;
};

struct CreateKeyRequest {
    CreateKeyRequest() = default;
    std::optional<std::string> policy;
    std::optional<bool> bypass_policy_lockout_safety_check;
    std::optional<std::string> description;
    std::optional<std::string> key_usage;
    std::optional<std::string> key_spec;
    std::optional<std::string> origin;
    std::optional<bool> multi_region;
    std::vector<Tag> tags;
};

struct CreateKeyResult {
    CreateKeyResult() = default;
    KeyMetadata key_metadata;
};

struct ListKeysRequest {
    ListKeysRequest() = default;
    std::optional<std::int32_t> limit;  ///< 1 to 1000; KMS's default is 100
    std::optional<std::string> marker;
};

struct KeyListEntry {
    KeyListEntry(std::string key_id_, std::string key_arn_)
        : key_id(std::move(key_id_)), key_arn(std::move(key_arn_)) {}
    std::string key_id;
    std::string key_arn;
};

struct ListKeysResult {
    ListKeysResult() = default;
    std::vector<KeyListEntry> keys;
    std::optional<std::string> next_marker;
    bool truncated = false;
};

struct ListAliasesRequest {
    ListAliasesRequest() = default;
    std::optional<std::string> key_id;  ///< key id or ARN; if not set, all aliases in the Region
                                        ///< are listed
    std::optional<std::int32_t> limit;  ///< 1 to 100; KMS's default is 50
    std::optional<std::string> marker;
};

struct AliasListEntry {
    AliasListEntry() = default;
    std::string alias_name;  ///< "alias/orders"
    std::string alias_arn;
    /// The id (not the ARN) of a key in the same account and Region. Not set for aliases that have
    /// no key, such as those that AWS reserves for its services' keys.
    std::optional<std::string> target_key_id;
    std::optional<double> creation_date_s;  ///< Unix epoch seconds, may be fractional
    std::optional<double> last_updated_date_s;
};

struct ListAliasesResult {
    ListAliasesResult() = default;
    std::vector<AliasListEntry> aliases;
    std::optional<std::string> next_marker;
    bool truncated = false;
};

struct ListResourceTagsRequest {
    explicit ListResourceTagsRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;                 ///< key id or ARN
    std::optional<std::int32_t> limit;  ///< 1 to 50; KMS's default is 50
    std::optional<std::string> marker;
};

struct ListResourceTagsResult {
    ListResourceTagsResult() = default;
    std::vector<Tag> tags;
    std::optional<std::string> next_marker;
    bool truncated = false;
};

struct GetKeyPolicyRequest {
    explicit GetKeyPolicyRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;                      ///< key id or ARN
    std::optional<std::string> policy_name;  ///< "default" is KMS's default and the only valid name
};

struct GetKeyPolicyResult {
    GetKeyPolicyResult() = default;
    /// JSON. KMS may return the members in a different order than they were sent, and in a
    /// different order for each call, so policies must be compared by meaning and not byte by byte.
    std::string policy;
    std::optional<std::string> policy_name;
};

/// The result of an operation whose successful response is empty.
struct EmptyResult {
    EmptyResult() = default;
};

struct PutKeyPolicyRequest {
    PutKeyPolicyRequest(std::string key_id_, std::string policy_)
        : key_id(std::move(key_id_)), policy(std::move(policy_)) {}
    std::string key_id;                      ///< key id or ARN
    std::string policy;                      ///< JSON; replaces the current policy
    std::optional<std::string> policy_name;  ///< if not set, "default", the only valid name
    std::optional<bool> bypass_policy_lockout_safety_check;
};

/// Adds tags to a key, up to 50 in total. Overwrites the values of existing tags.
struct TagResourceRequest {
    TagResourceRequest(std::string key_id_, std::vector<Tag> tags_)
        : key_id(std::move(key_id_)), tags(std::move(tags_)) {}
    std::string key_id;  ///< key id or ARN
    std::vector<Tag> tags;
};

struct UntagResourceRequest {
    UntagResourceRequest(std::string key_id_, std::vector<std::string> tag_keys_)
        : key_id(std::move(key_id_)), tag_keys(std::move(tag_keys_)) {}
    std::string key_id;                 ///< key id or ARN
    std::vector<std::string> tag_keys;  ///< tag keys that the key does not have are ignored
};

struct UpdateKeyDescriptionRequest {
    UpdateKeyDescriptionRequest(std::string key_id_, std::string description_)
        : key_id(std::move(key_id_)), description(std::move(description_)) {}
    std::string key_id;       ///< key id or ARN
    std::string description;  ///< may be empty
};

/// Sets the state of an Enabled or Disabled key to Enabled.
struct EnableKeyRequest {
    explicit EnableKeyRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key id or ARN
};

/// Sets the state of an Enabled or Disabled key to Disabled.
struct DisableKeyRequest {
    explicit DisableKeyRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key id or ARN
};

struct CreateAliasRequest {
    CreateAliasRequest(std::string alias_name_, std::string target_key_id_)
        : alias_name(std::move(alias_name_)), target_key_id(std::move(target_key_id_)) {}
    std::string alias_name;     ///< "alias/orders"
    std::string target_key_id;  ///< key id or ARN, in the Region of the call
};

/// Points an existing alias at another key of the same type and usage.
struct UpdateAliasRequest {
    UpdateAliasRequest(std::string alias_name_, std::string target_key_id_)
        : alias_name(std::move(alias_name_)), target_key_id(std::move(target_key_id_)) {}
    std::string alias_name;
    std::string target_key_id;  ///< key id or ARN, in the Region of the call
};

struct DeleteAliasRequest {
    explicit DeleteAliasRequest(std::string alias_name_) : alias_name(std::move(alias_name_)) {}
    std::string alias_name;
};

}  // namespace keyferry::io

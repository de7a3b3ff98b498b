// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The requests and results of the KMS operations in use, member for member as in KMS's model (left
// out: CustomerMasterKeySpec, which is deprecated, and the custom key store members, which
// multi-Region keys cannot have). An empty optional is a member that is not sent; KMS's default
// then holds, and for ReplicateKey that default is never the primary's value.
//
// All have user-declared constructors on purpose: g++ 12.2 destroys aggregates twice when they are
// made in an expression with co_await.

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
    std::optional<std::string> policy;  ///< JSON text; without it KMS attaches the default policy
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
    std::optional<std::int32_t> limit;  ///< 1 to 1000, KMS's default is 100
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
    std::optional<std::string> key_id;  ///< key id or ARN; without it all aliases of the Region
    std::optional<std::int32_t> limit;  ///< 1 to 100, KMS's default is 50
    std::optional<std::string> marker;
};

struct AliasListEntry {
    AliasListEntry() = default;
    std::string alias_name;  ///< "alias/orders"
    std::string alias_arn;
    /// The id, not the ARN, of a key in the same account and Region. Without it the alias belongs
    /// to no key, as those do that AWS has reserved for its services' keys.
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
    std::optional<std::int32_t> limit;  ///< 1 to 50, KMS's default is 50
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
    std::optional<std::string> policy_name;  ///< the only one that there is, and KMS's default,
                                             ///< is "default"
};

struct GetKeyPolicyResult {
    GetKeyPolicyResult() = default;
    /// JSON text. KMS may order its members otherwise than it was given them, and otherwise from
    /// one call to the next: compare what policies say, not their bytes.
    std::string policy;
    std::optional<std::string> policy_name;
};

/// What an operation answers that has done what it was asked and has nothing to say.
struct EmptyResult {
    EmptyResult() = default;
};

struct PutKeyPolicyRequest {
    PutKeyPolicyRequest(std::string key_id_, std::string policy_)
        : key_id(std::move(key_id_)), policy(std::move(policy_)) {}
    std::string key_id;                      ///< key id or ARN
    std::string policy;                      ///< JSON text; takes the place of the one before
    std::optional<std::string> policy_name;  ///< without it "default", the only one that there is
    std::optional<bool> bypass_policy_lockout_safety_check;
};

/// Adds tags to those that the key has, up to 50 in all. A value of a tag that it has is replaced.
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
    std::vector<std::string> tag_keys;  ///< those that the key does not have count as taken away
};

struct UpdateKeyDescriptionRequest {
    UpdateKeyDescriptionRequest(std::string key_id_, std::string description_)
        : key_id(std::move(key_id_)), description(std::move(description_)) {}
    std::string key_id;       ///< key id or ARN
    std::string description;  ///< may be empty
};

struct CreateAliasRequest {
    CreateAliasRequest(std::string alias_name_, std::string target_key_id_)
        : alias_name(std::move(alias_name_)), target_key_id(std::move(target_key_id_)) {}
    std::string alias_name;     ///< "alias/orders"
    std::string target_key_id;  ///< key id or ARN, in the Region that is asked
};

/// Lets an alias that is there name another key of the same type and usage.
struct UpdateAliasRequest {
    UpdateAliasRequest(std::string alias_name_, std::string target_key_id_)
        : alias_name(std::move(alias_name_)), target_key_id(std::move(target_key_id_)) {}
    std::string alias_name;
    std::string target_key_id;  ///< key id or ARN, in the Region that is asked
};

struct DeleteAliasRequest {
    explicit DeleteAliasRequest(std::string alias_name_) : alias_name(std::move(alias_name_)) {}
    std::string alias_name;
};

}  // namespace keyferry::io

#pragma once

#include "io/names/kms_requests.hpp"
#include "tools/simulator/kms_refusal.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry {

/// What KMS's model complains about in one request, gathered into the one ValidationException that
/// AWS's services answer with: "2 validation errors detected: Value ... at 'keyId' failed to
/// satisfy constraint: ...; Value ...".
class ValidationFindings {
  public:
    /// `member` in camel case as AWS prints it. A long value is cut in the text.
    void add(std::string_view value, std::string_view member, std::string_view constraint);
    void add_missing(std::string_view member);
    void add_length(std::string_view value,
                    std::string_view member,
                    std::size_t characters_min,
                    std::size_t characters_max);

    /// Nothing when there were no findings.
    std::optional<KmsRefusal> refusal() const;

  private:
    std::vector<std::string> findings_;
};

// The constraints of KMS's model on the members of each request (lengths, patterns, ranges, enums).
// The model allows every Limit up to 1000; ListAliases and ListResourceTags refuse already what
// KMS's API reference does not allow. There is no record of what KMS says to those between the two.
std::optional<KmsRefusal> check_members(const ReplicateKeyRequest& request);
std::optional<KmsRefusal> check_members(const DescribeKeyRequest& request);
std::optional<KmsRefusal> check_members(const CreateKeyRequest& request);
std::optional<KmsRefusal> check_members(const ListKeysRequest& request);
std::optional<KmsRefusal> check_members(const ListAliasesRequest& request);
std::optional<KmsRefusal> check_members(const ListResourceTagsRequest& request);
std::optional<KmsRefusal> check_members(const GetKeyPolicyRequest& request);

/// KMS's own rules on tags, which it answers with TagException: at most 50, no key twice, none
/// beginning with "aws:" in any case.
std::optional<KmsRefusal> check_tags(std::span<const Tag> tags);

}  // namespace keyferry

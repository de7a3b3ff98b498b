// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "tools/simulator/policy/policy_condition.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// The Principal or NotPrincipal of a statement.
struct StatementPrincipals {
    bool is_everyone = false;      ///< "*" or {"AWS": "*"}
    bool is_excluded = false;      ///< NotPrincipal
    std::vector<std::string> aws;  ///< as written: account IDs, ARNs, unique IDs
    /// Whether the element also contains services, federated or canonical users. None of these
    /// match the simulator's callers.
    bool has_others = false;
};

/// Patterns for actions or resources, or for excluded ones (NotAction, NotResource).
struct StatementPatterns {
    std::vector<std::string> patterns;
    bool is_excluded = false;
    /// Whether ${...} is a policy variable. Actions cannot contain variables.
    bool has_variables = false;
};

struct PolicyStatement {
    bool is_allow = false;                          ///< otherwise Deny
    std::optional<StatementPrincipals> principals;  ///< nullopt in identity-based policies
    StatementPatterns actions;
    /// nullopt means that the statement has no effect; only old key policies contain such
    /// statements.
    std::optional<StatementPatterns> resources;
    std::vector<PolicyCondition> conditions;  ///< all must be met
};

/// An IAM policy, parsed once. The grammar is that of the IAM User Guide, "Grammar of the IAM JSON
/// policy language". Policy variables exist in Version 2012-10-17 only; a policy without a Version
/// has version 2008-10-17.
struct PolicyDocument {
    std::vector<PolicyStatement> statements;
};

using PolicyDocuments = std::vector<PolicyDocument>;

enum class PolicyKind : std::uint8_t {
    key,           ///< a new key policy: every statement has a principal
    existing_key,  ///< the policy of an existing key, which may predate KMS's rule about Resource
    identity       ///< an identity-based or service control policy: no statement has a principal
};

/// Maximum size of a key policy, as documented in the KMS Developer Guide. The service model
/// allows 131,072 characters.
inline constexpr std::size_t kKeyPolicyBytesMax = 32'768;

/// Whether KMS accepts `text` as an AWS principal: an account, or the ARN of an account, user, role
/// or session, without wildcards; or the unique ID of a user or role. Groups are not principals
/// (IAM User Guide, "AWS JSON policy elements: Principal").
[[nodiscard]] bool is_aws_principal(std::string_view text);

/// Parses a policy. The error is the message that KMS returns for such a key policy. The messages
/// "Policy contains a statement with no principal." and "Policy contains a statement with one or
/// more invalid principals." are known from KMS; the others are assumed. Each statement must have
/// an Effect, an Action or NotAction, and a Resource or NotResource, which KMS has required since
/// August 2025 (AWS's notice in ministryofjustice/analytical-platform#7691). Members that the
/// grammar does not define, such as a misspelled "Condtion", are errors. Whether principals exist
/// is not checked here.
[[nodiscard]] io::Parsed<PolicyDocument> parse_policy(std::string_view text, PolicyKind kind);

/// Like the other overload, but for parsed JSON.
[[nodiscard]] io::Parsed<PolicyDocument> parse_policy(const boost::json::value& document,
                                                      PolicyKind kind);

}  // namespace keyferry::simulator

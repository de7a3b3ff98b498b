// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/encryption_context.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Requests and results of the grant operations. The members correspond to the KMS service model,
// except that GrantTokens are ignored because new grants take effect immediately.

namespace keyferry::simulator {

/// The constraints of a grant: the encryption context and the source ARN that requests must have.
struct GrantConstraints {
    std::optional<EncryptionContext> subset;  ///< at least these pairs
    std::optional<EncryptionContext> equals;  ///< exactly these pairs
    std::optional<std::string> source_arn;    ///< the aws:SourceArn that the request must have
    friend bool operator==(const GrantConstraints&, const GrantConstraints&) = default;
};

struct CreateGrantRequest {
    explicit CreateGrantRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key ID or ARN
    std::optional<std::string> grantee_principal;
    std::optional<std::string> grantee_service_principal;
    std::optional<std::string> retiring_principal;
    std::optional<std::string> retiring_service_principal;
    std::vector<std::string> operations;  ///< "Decrypt", ...
    GrantConstraints constraints;
    std::optional<std::string> name;
    std::optional<bool> dry_run;
};

struct CreateGrantResult {
    CreateGrantResult() = default;
    std::string grant_id;
    std::string grant_token;
};

struct ListGrantsRequest {
    explicit ListGrantsRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;
    std::optional<std::string> grant_id;
    std::optional<std::string> grantee_principal;
    std::optional<std::string> grantee_service_principal;
    std::optional<std::int32_t> limit;  ///< 1 to 100; KMS's default is 50
    std::optional<std::string> marker;
};

struct ListRetirableGrantsRequest {
    ListRetirableGrantsRequest() = default;
    std::optional<std::string> retiring_principal;
    std::optional<std::string> retiring_service_principal;
    std::optional<std::int32_t> limit;  ///< 1 to 100; KMS's default is 50
    std::optional<std::string> marker;
};

struct GrantListEntry {
    GrantListEntry() = default;
    std::string key_id;  ///< key ARN
    std::string grant_id;
    std::optional<std::string> name;
    double creation_date_s = 0;  ///< Unix epoch
    std::optional<std::string> grantee_principal;
    std::optional<std::string> grantee_service_principal;
    std::optional<std::string> retiring_principal;
    std::optional<std::string> retiring_service_principal;
    std::string issuing_account;  ///< "arn:aws:iam::111122223333:root"
    std::vector<std::string> operations;
    GrantConstraints constraints;
};

/// Result of ListGrants and ListRetirableGrants.
struct ListGrantsResult {
    ListGrantsResult() = default;
    std::vector<GrantListEntry> grants;
    std::optional<std::string> next_marker;
    bool truncated = false;
};

/// Identifies the grant by its token, or by key and grant ID.
struct RetireGrantRequest {
    RetireGrantRequest() = default;
    std::optional<std::string> grant_token;
    std::optional<std::string> key_id;  ///< key ARN
    std::optional<std::string> grant_id;
    std::optional<bool> dry_run;
};

struct RevokeGrantRequest {
    explicit RevokeGrantRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;
    std::string grant_id;
    std::optional<bool> dry_run;
};

}  // namespace keyferry::simulator

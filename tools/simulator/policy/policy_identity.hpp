// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "tools/simulator/policy/policy_document.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::simulator {

/// An identity that calls KMS: a user, a session of a role, or the root user of an account.
struct PolicyIdentity {
    explicit PolicyIdentity(io::AccountId account_) : account(std::move(account_)) {}

    io::AccountId account;
    std::string name = "user/simulated";  ///< "user/reader", "assumed-role/deployer/me", "root"
    /// The identity-based policies. Null: an administrator, who is allowed everything.
    std::shared_ptr<const PolicyDocuments> policies;
    /// The session policies, which limit what a session may do. Null: none.
    std::shared_ptr<const PolicyDocuments> session_policies;
    /// Condition keys of its requests and their values, such as aws:PrincipalTag/team. They replace
    /// the values that the requests would otherwise have.
    std::vector<std::pair<std::string, std::string>> context;

    /// "arn:aws:iam::111122223333:user/reader"; for a session "arn:aws:sts::...".
    [[nodiscard]] std::string arn(std::string_view partition) const;

    /// Like arn(), but returns the role's ARN for a session, as in aws:PrincipalArn.
    [[nodiscard]] std::string principal_arn(std::string_view partition) const;

    [[nodiscard]] bool is_root() const { return name == "root"; }
    [[nodiscard]] bool is_session() const;
};

/// The caller of one request.
struct PolicyCaller {
    const PolicyIdentity* identity;
    /// The service control policies of the caller's account. At least one of them must allow each
    /// request. Null: none.
    const PolicyDocuments* service_control_policies = nullptr;
};

}  // namespace keyferry::simulator

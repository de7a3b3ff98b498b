// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace keyferry::planner {

/// The credentials that sign calls for the keys of one account. Members that are not configured are
/// empty.
struct AccountAccess {
    explicit AccountAccess(io::AccountId account_) : account(std::move(account_)) {}

    io::AccountId account;
    std::string profile;  ///< in the shared AWS files; if empty, the command's own credentials are
                          ///< used
    std::string role;     ///< ARN of a role in the account, assumed with those credentials
    std::string external_id;
    std::string session_name;
    std::optional<std::chrono::milliseconds> duration;  ///< whole seconds, 15 min to 12 h
    std::string session_policy;  ///< JSON that restricts the role's permissions

    friend bool operator==(const AccountAccess&, const AccountAccess&) = default;
};

}  // namespace keyferry::planner

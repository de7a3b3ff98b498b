// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace keyferry::planner {

/// As whom calls for the keys of one account are made. Empty members are not said.
struct AccountAccess {
    explicit AccountAccess(io::AccountId account_) : account(std::move(account_)) {}

    io::AccountId account;
    std::string profile;  ///< of the shared AWS files; else the command's own credentials
    std::string role;     ///< ARN of a role of the account, assumed with those credentials
    std::string external_id;
    std::string session_name;
    std::optional<std::chrono::milliseconds> duration;  ///< whole seconds, 15 min to 12 h
    std::string session_policy;                         ///< JSON that narrows what the role may do

    friend bool operator==(const AccountAccess&, const AccountAccess&) = default;
};

}  // namespace keyferry::planner

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/access/account_identities.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace keyferry::cli {

/// Finds the credentials of every account and verifies with STS (GetCallerIdentity, unless
/// `has_sts` is false) that they belong to it. Called before any call to KMS. Accounts that fail
/// this check are refused (AccountIdentities::refuse), and the reasons are logged. If STS cannot be
/// reached, logs a warning and continues, since KMS does not let a caller replicate another
/// account's keys. Adds the callers to `callers`, without duplicates, so that they can be recorded
/// in the journal.
///
/// Returns the reason as text for users if every account is refused. Runs `io`, which can be run
/// again afterwards.
[[nodiscard]] std::optional<io::ParseProblem> check_accounts(
    AccountIdentities& identities,
    bool has_sts,
    boost::asio::io_context& io,
    std::vector<io::CallerIdentity>& callers);

}  // namespace keyferry::cli

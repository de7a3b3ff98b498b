// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/access/account_identities.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace keyferry::cli {

/// Verifies with STS (GetCallerIdentity) that each account's credentials belong to that account.
/// Called before anything is changed. Returns exit_done, or the command's exit code after logging
/// the reason. If STS cannot be reached, logs a warning and continues, since KMS does not let a
/// caller replicate another account's keys. Adds the callers to `callers`, without duplicates, so
/// that they can be recorded in the journal. Runs `io`, which can be run again afterwards.
[[nodiscard]] int check_accounts(AccountIdentities& identities,
                                 boost::asio::io_context& io,
                                 std::vector<io::CallerIdentity>& callers);

}  // namespace keyferry::cli

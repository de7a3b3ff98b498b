// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/access/account_identities.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace keyferry::cli {

/// Whether each account's credentials are of that account, by STS (GetCallerIdentity): exit_done,
/// or the command's exit code, the reason having been told. To be asked before anything is changed.
/// An STS that cannot be reached is a warning: KMS itself lets nobody replicate another account's
/// keys. `callers` gets the ARNs of those who sign, without repetition, for the journal. Runs `io`,
/// which can be run again afterwards.
[[nodiscard]] int check_accounts(AccountIdentities& identities,
                                 boost::asio::io_context& io,
                                 std::vector<std::string>& callers);

}  // namespace keyferry::cli

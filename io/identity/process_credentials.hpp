// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/clock/clock.hpp"
#include "io/identity/child_process.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace keyferry::io {

/// Runs a credential_process with run_process() within `limits` and parses the credentials that it
/// prints. Errors never contain its output. `io` and `clock` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> process_credentials(
    boost::asio::io_context& io, Clock& clock, ProcessSource origin, ProcessLimits limits);

}  // namespace keyferry::io

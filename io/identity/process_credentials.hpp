// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "io/clock/clock.hpp"
#include "io/identity/child_process.hpp"
#include "io/identity/credential_failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace keyferry::io {

/// Credentials that a program prints (credential_process). It is run as run_process() does, within
/// `limits`. Of what it printed a failure repeats the first line of standard error, never of
/// standard output. `io` and `clock` must outlive the call.
[[nodiscard]] boost::asio::awaitable<CredentialsOutcome> process_credentials(
    boost::asio::io_context& io, Clock& clock, ProcessSource origin, ProcessLimits limits);

}  // namespace keyferry::io

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace keyferry::cli {

/// How long a session waits for an endpoint that does not respond. It then continues without the
/// endpoint.
enum class OutageWait : std::uint8_t {
    as_run,   ///< as long as a run does: the spec's [wait] park_timeout
    briefly,  ///< 30 seconds, for a report that the user can repeat later
};

/// Runs the read-only calls of a command, with progress on standard error. After the first stop
/// signal (see stop_signals.hpp), no more calls are sent; the second one ends the program.
class CallSession {
  public:
    /// All arguments must outlive this.
    CallSession(const planner::RunSettings& settings,
                KmsAccess& kms,
                boost::asio::io_context& io,
                io::Clock& clock,
                ProgressStyle style,
                OutageWait outage_wait = OutageWait::as_run);

    engine::RepeatableCalls& calls() noexcept { return calls_; }

    /// Runs `work` on `io`, which can be run again afterwards. `work` sends its calls through
    /// calls(). `progress` returns the progress as JSON or as text. Returns exit_done, or another
    /// exit code after logging why the calls were not completed. Rethrows exceptions from `work`.
    int run(const std::function<boost::asio::awaitable<void>()>& work,
            const std::function<std::string(bool as_json)>& progress);

  private:
    KmsAccess& kms_;
    boost::asio::io_context& io_;
    io::Clock& clock_;
    engine::RepeatableCalls calls_;
    ProgressStyle style_;
};

}  // namespace keyferry::cli

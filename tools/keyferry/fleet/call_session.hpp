// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "planner/plan/run_settings.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"

#include <boost/asio/awaitable.hpp>

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

/// Runs the read-only calls of a command, with progress on standard error. An endpoint that has not
/// responded to an earlier session of the command, which waited at least as long, is not called
/// again. After the first stop
/// signal (see stop_signals.hpp), no more calls are sent; the second one ends the program.
class CallSession {
  public:
    /// `settings` and `session`, which must be open, must outlive this.
    CallSession(const planner::RunSettings& settings,
                KmsSession& session,
                OutageWait outage_wait = OutageWait::as_run);

    engine::RepeatableCalls& calls() noexcept { return calls_; }

    /// Runs `work`, which sends its calls through calls(). `progress` returns the progress as JSON
    /// or as text. Throws KmsRefusal if KMS would refuse every call, and CommandError if the user
    /// stops the session. Rethrows exceptions from `work`.
    void run(const std::function<boost::asio::awaitable<void>()>& work,
             const std::function<std::string(bool as_json)>& progress);

  private:
    KmsSession& session_;
    engine::RepeatableCalls calls_;
};

}  // namespace keyferry::cli

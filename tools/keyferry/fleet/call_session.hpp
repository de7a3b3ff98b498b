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

/// What the calls of a session do: the words for who stops them differ.
enum class CallKind : std::uint8_t { reads, changes };

/// Calls of a command that may be made again without harm, from the first to the last, with
/// progress on standard error. The first SIGINT or SIGTERM starts no further one, the second ends
/// the program.
class CallSession {
  public:
    /// All arguments must outlive this.
    CallSession(const planner::RunSettings& settings,
                KmsAccess& kms,
                boost::asio::io_context& io,
                io::Clock& clock,
                ProgressStyle style,
                CallKind kind = CallKind::reads);

    engine::RepeatableCalls& calls() noexcept { return calls_; }

    /// Runs `work`, which makes its calls through calls(), and so `io`, which can be run again
    /// afterwards. `progress` says how far it is, as JSON or for people. exit_done, or why not all
    /// was asked, which has been told; rethrows what `work` threw.
    int run(const std::function<boost::asio::awaitable<void>()>& work,
            const std::function<std::string(bool as_json)>& progress);

  private:
    boost::asio::io_context& io_;
    io::Clock& clock_;
    engine::RepeatableCalls calls_;
    ProgressStyle style_;
    CallKind kind_;
};

}  // namespace keyferry::cli

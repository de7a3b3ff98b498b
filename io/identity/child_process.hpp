// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/clock/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace keyferry::io {

/// The output of a program and how it ended.
struct ProcessResult {
    enum class Kind {
        exited,           ///< `status` is its exit status
        killed,           ///< `status` is the signal that terminated it
        not_started,      ///< `status` is the errno
        timed_out,        ///< killed after the time limit
        too_much_output,  ///< killed after exceeding the output limit
        lost,             ///< its exit status cannot be read, because this process ignores SIGCHLD
    };

    Kind kind = Kind::not_started;
    int status = 0;
    Secret output;  ///< standard output; complete only if the program exited
};

struct ProcessLimits {
    std::chrono::milliseconds time{60'000};
    std::size_t output_bytes_max = 65'536;
};

/// Runs a program without a shell and waits for it to exit, with limits on time and output. The
/// program inherits this process's environment but no open files. Its standard input is empty. Its
/// standard error is discarded, because a script that traces its commands would write secrets to
/// it. The program runs in its own process group and is killed if the calling thread or this
/// process ends for any reason. `command` consists of the program, which is searched for in PATH if
/// it has no '/', and its arguments. `io` and `clock` must outlive the call. Cancelling the call
/// kills the program.
[[nodiscard]] boost::asio::awaitable<ProcessResult> run_process(boost::asio::io_context& io,
                                                                Clock& clock,
                                                                std::vector<std::string> command,
                                                                ProcessLimits limits);

/// Kills the running programs and their children, for a signal handler that is about to end this
/// process. (The kernel kills the programs themselves when this process ends, but not their
/// children.) Async-signal-safe. Programs beyond the first 64 are not covered.
void kill_running_programs() noexcept;

}  // namespace keyferry::io
